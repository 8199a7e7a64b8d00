"""Asks the tenant that it refers to."""
import json
import os
from urllib.request import urlopen


def app(environ, start_response):
    with urlopen(os.environ["BILLING_HTTP"] + "/invoices") as response:
        billing = json.load(response)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{billing['invoices']} invoices, {billing['total']} in all".encode()]
