"""A JSON API over a small catalogue of snakes (WSGI)."""

import views
from models import Catalogue
from routing import Router

catalogue = Catalogue.load("data.json")

router = Router()
router.add("GET", "/", views.Root(router))
router.add("GET", "/snakes", views.List(catalogue))
router.add("POST", "/snakes", views.Create(catalogue))
router.add("GET", "/snakes/{id}", views.Show(catalogue))
router.add("PUT", "/snakes/{id}", views.Replace(catalogue))
router.add("DELETE", "/snakes/{id}", views.Delete(catalogue))

app = router
