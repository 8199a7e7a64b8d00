"""Invoices, from the database that the AppHost names."""
import json
import os

import psycopg2

# A database that Aspire has started has its address as a URI as well; a connection string of yours is whatever psycopg2 takes.
DATABASE = os.environ.get("LEDGER_URI") or os.environ["ConnectionStrings__ledger"]


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path not in ("/healthz", "/invoices"):
        start_response("404 Not Found", [])
        return []
    connection = psycopg2.connect(DATABASE)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), sum(amount)::text FROM (VALUES (12.50), (30)) AS invoices (amount)")
            count, total = cursor.fetchone()
    finally:
        connection.close()
    answer = {"invoices": count, "total": total, "live": os.environ["API_KEY"].startswith("live-")}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
