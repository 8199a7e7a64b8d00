"""What each route answers."""

from urllib.parse import urlencode

from models import Invalid
from routing import Problem, Response


class Root:
    def __init__(self, router):
        self.router = router

    def __call__(self, request):
        return Response({"routes": [f"{method} {request.base}{template}" for method, template, _, _ in self.router.routes]})


class View:
    def __init__(self, catalogue):
        self.catalogue = catalogue

    def id(self, request):
        text = request.variables["id"]
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Problem(404, "No such snake.")
        return int(text)

    def found(self, value):
        if not value:
            raise Problem(404, "No such snake.")
        return value

    def valid(self, change, *arguments):
        try:
            return change(*arguments)
        except Invalid as error:
            raise Problem(422, str(error)) from None


class List(View):
    def __call__(self, request):
        page, size = request.integer("page", 1, 1, 10**6), request.integer("size", 5, 1, 100)
        name = request.query.get("name", "")
        items, total = self.catalogue.page(page, size, name)
        last = max(1, -(-total // size))

        def url(number):
            query = {"page": number, "size": size, **({"name": name} if name else {})}
            return f"{request.base}/snakes?{urlencode(query)}"

        neighbours = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
        link = ", ".join(f'<{url(n)}>; rel="{rel}"' for rel, n in neighbours.items() if 1 <= n <= last)
        return Response({"items": items, "page": page, "size": size, "total": total}, headers=[("Link", link)])


class Show(View):
    def __call__(self, request):
        return Response(self.found(self.catalogue.get(self.id(request))))


class Create(View):
    def __call__(self, request):
        snake = self.valid(self.catalogue.add, request.json())
        return Response(snake, 201, [("Location", f"{request.base}/snakes/{snake['id']}")])


class Replace(View):
    def __call__(self, request):
        return Response(self.found(self.valid(self.catalogue.replace, self.id(request), request.json())))


class Delete(View):
    def __call__(self, request):
        self.found(self.catalogue.delete(self.id(request)))
        return Response(None, 204)
