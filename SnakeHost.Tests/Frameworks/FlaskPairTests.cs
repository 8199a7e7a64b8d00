using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>Flask with what its tutorials add: Flask-SQLAlchemy and Flask-Login, in an application factory with blueprints.</summary>
public sealed class FlaskPairTests(SharedGateways gateways)
{
    private const string Models =
        """
        from flask_login import LoginManager, UserMixin
        from flask_sqlalchemy import SQLAlchemy

        from identity import NAME

        db = SQLAlchemy()
        login = LoginManager()


        class User(UserMixin, db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(50), unique=True)
            notes = db.relationship("Note", backref="user")
            if NAME == "red":
                of_red = db.Column(db.Integer, default=1)


        class Note(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            text = db.Column(db.String(50))
            user_id = db.Column(db.ForeignKey("user.id"))


        @login.user_loader
        def load(number):
            return db.session.get(User, int(number))
        """;

    private const string Views =
        """
        import asyncio

        from flask import Blueprint, jsonify, render_template, request, stream_with_context
        from flask_login import current_user, login_required, login_user

        from identity import NAME
        from models import Note, User, db

        pages = Blueprint("pages", __name__, template_folder="pages")


        @pages.post("/login")
        def enter():
            user = db.session.execute(db.select(User).filter_by(name=request.form["name"])).scalar_one_or_none()
            if user is None:
                user = User(name=request.form["name"])
                db.session.add(user)
                db.session.commit()
            login_user(user)
            return f"{user.name} of {NAME}"


        @pages.post("/notes")
        @login_required
        def add():
            current_user.notes.append(Note(text=request.get_json()["text"]))
            db.session.commit()
            return jsonify(user=current_user.name, notes=[note.text for note in current_user.notes])


        @pages.get("/columns")
        def columns():
            return " ".join(db.metadata.tables["user"].columns.keys())


        @pages.get("/page")
        def page():
            return render_template("page.html", names=["a", "b"])


        @pages.get("/later")
        async def later():
            await asyncio.sleep(0)
            return NAME


        @pages.get("/lines")
        def lines():
            def generate():
                for number in range(2):
                    yield f"{NAME} {number} {request.args['of']}\n"

            return stream_with_context(generate()), {"Content-Type": "text/plain"}
        """;

    private const string App =
        """
        from flask import Flask

        import version
        from identity import NAME


        def create_app():
            from models import db, login
            from views import pages

            app = Flask(__name__)
            app.config.update(SECRET_KEY=NAME, SQLALCHEMY_DATABASE_URI="sqlite:///site.sqlite3")
            db.init_app(app)
            login.init_app(app)
            app.register_blueprint(pages)
            app.add_url_rule("/version", view_func=version.tell)
            with app.app_context():
                db.create_all()
            return app
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("flask, flask_sqlalchemy, flask_login, asgiref");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("Flask", "flask")]
    [Framework("Flask-SQLAlchemy", "flask-sqlalchemy")]
    [Framework("SQLAlchemy", "sqlalchemy")]
    [Framework("Flask-Login", "flask-login")]
    public async Task DatabasesLoginsAndViews_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("models.py", Models), ("views.py", Views));
        foreach (var (tenant, name) in new[] { (pair.Red, "red"), (pair.Blue, "blue") })
            tenant.Write("pages/page.html", name + " {{ names|join('+') }}");

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            using var login = await pair.Client.PostAsync(tenant.Url("/login"), new FormUrlEncodedContent([new("name", $"ann {name}")]));
            Assert.Equal($"ann {name} of {name}", await login.TextAsync(HttpStatusCode.OK));
            var cookie = ("Cookie", string.Join("; ", login.Values("Set-Cookie").Select(value => value.Split(';')[0])));
            using (var added = await pair.Client.SendAsync(HttpMethod.Post, tenant.Url("/notes"), JsonContent("x"), cookie))
                Assert.Contains($"\"ann {name}\"", await added.TextAsync(HttpStatusCode.OK), StringComparison.Ordinal);
            // The session is signed with the other tenant's key.
            using (var stranger = await pair.Client.SendAsync(HttpMethod.Post, (tenant == pair.Red ? pair.Blue : pair.Red).Url("/notes"), JsonContent("stolen"), cookie))
                Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
            Assert.Equal(name == "red" ? "id name of_red" : "id name", await pair.TextAsync(tenant, "/columns"));
            Assert.Equal($"{name} a+b", await pair.TextAsync(tenant, "/page"));
            Assert.Equal(name, await pair.TextAsync(tenant, "/later"));
            Assert.Equal($"{name} 0 x\n{name} 1 x\n", await pair.TextAsync(tenant, "/lines?of=x"));
        });

        static StringContent JsonContent(string text) => new($$"""{"text": "{{text}}"}""", System.Text.Encoding.UTF8, "application/json");
    }
}
