"""A small application on Django, with its own users and its sessions in files or in signed cookies.

SETUP says how: `files` and `cookies` with every other setting at its default; `hardened`, files as
https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/ advises.
"""

import os

import django
from django.conf import settings

SETUP = os.environ["SETUP"]
HOME = os.environ["HOME"]
SESSIONS = os.path.join(HOME, "sessions")
os.makedirs(SESSIONS, mode=0o700, exist_ok=True)
MORE = {}
if SETUP == "hardened":
    MORE = {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 3600,
    }
engine = "signed_cookies" if SETUP == "cookies" else "file"
settings.configure(
    DEBUG=False,
    SECRET_KEY="django-3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6-3f1c1f6f0f9a4d5cb9e6c2b7",
    ALLOWED_HOSTS=["app.test"],
    ROOT_URLCONF="app",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(HOME, "db")}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    # The default takes a tenth of a second for each login; it is not what is tested.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    SESSION_ENGINE="django.contrib.sessions.backends." + engine,
    SESSION_FILE_PATH=SESSIONS,
    **MORE,
)
django.setup()

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402

call_command("migrate", verbosity=0)


def page(request):
    return HttpResponse(f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">')


@require_POST
def register(request):
    User.objects.create_user(request.POST["user"], password=request.POST["password"])
    return HttpResponse("registered")


@require_POST
def log_in(request):
    user = authenticate(request, username=request.POST["user"], password=request.POST["password"])
    if user is None:
        return HttpResponse(status=401)
    login(request, user)
    return HttpResponse("welcome")


@require_POST
def log_out(request):
    logout(request)
    return HttpResponse("goodbye")


def whoami(request):
    return HttpResponse(request.user.username if request.user.is_authenticated else "nobody")


@require_POST
def set_value(request):
    request.session["value"] = request.POST["value"]
    return HttpResponse("kept")


def get_value(request):
    return HttpResponse(request.session.get("value", ""))


@require_POST
def password(request):
    request.user.set_password(request.POST["new"])
    request.user.save()
    update_session_auth_hash(request, request.user)
    return HttpResponse("changed")


urlpatterns = [
    path("form", page),
    path("register", register),
    path("login", log_in),
    path("logout", log_out),
    path("whoami", whoami),
    path("set", set_value),
    path("get", get_value),
    path("password", password),
]
app = WSGIHandler()
