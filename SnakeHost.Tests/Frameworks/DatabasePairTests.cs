using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Frameworks;

/// <summary>SQLAlchemy 2's asynchronous half below FastAPI: the same tables and classes in two tenants, over connections of aiosqlite.</summary>
public sealed class DatabasePairTests(SharedGateways gateways)
{
    private const string Models =
        """
        from sqlalchemy import ForeignKey
        from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        from identity import NAME

        engine = create_async_engine("sqlite+aiosqlite:///site.sqlite3")
        Session = async_sessionmaker(engine, expire_on_commit=False)


        class Base(AsyncAttrs, DeclarativeBase):
            pass


        class Parent(Base):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            children: Mapped[list["Child"]] = relationship(back_populates="parent", cascade="all, delete-orphan")


        class Child(Base):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
            parent: Mapped[Parent] = relationship(back_populates="children")
            if NAME == "red":
                of_red: Mapped[int] = mapped_column(default=1)
        """;

    private const string App =
        """
        import contextlib
        from typing import Annotated

        from fastapi import Depends, FastAPI
        from fastapi.responses import PlainTextResponse
        from sqlalchemy import delete, event, func, select
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import selectinload

        import version
        from identity import NAME
        from models import Base, Child, Parent, Session, engine

        connected = set()


        @event.listens_for(engine.sync_engine, "connect")
        def on_connect(connection, record):
            connected.add(NAME)


        @contextlib.asynccontextmanager
        async def lifespan(app):
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            yield
            await engine.dispose()


        async def session():
            async with Session() as session:
                yield session


        Db = Annotated[AsyncSession, Depends(session)]
        app = FastAPI(lifespan=lifespan)


        @app.get("/version", response_class=PlainTextResponse)
        def tell():
            return version.tell()


        @app.post("/parents/{name}")
        async def add(name: str, db: Db):
            async with db.begin():
                db.add(Parent(name=name, children=[Child(), Child()]))
            return [parent.name for parent in (await db.scalars(select(Parent).order_by(Parent.id))).all()]


        @app.get("/parents")
        async def show(db: Db):
            parents = (await db.scalars(select(Parent).options(selectinload(Parent.children)))).all()
            lazily = [len(await parent.awaitable_attrs.children) for parent in parents]
            columns = list(Child.__table__.columns.keys())
            streamed = [row.name async for row in await db.stream_scalars(select(Parent))]
            return {"owner": sorted(connected), "columns": columns, "names": streamed, "children": lazily}


        @app.delete("/parents")
        async def remove(db: Db):
            async with db.begin():
                await db.execute(delete(Child))
                await db.execute(delete(Parent))
            return await db.scalar(select(func.count()).select_from(Parent))
        """;

    public static TheoryData<string> Interpreters => InstalledPythons.WithModule("fastapi, sqlalchemy.util.typing, aiosqlite, greenlet");

    [Theory, MemberData(nameof(Interpreters))]
    [Framework("SQLAlchemy", "sqlalchemy")]
    [Framework("aiosqlite", "aiosqlite")]
    public async Task AsynchronousSessions_AreEachTenantsOwn_AfterASaveToo(string python)
    {
        var pair = await SavedPair.OfAsync(gateways, python, App, ("models.py", Models));

        await SavedPair.UseAsync(pair, async (tenant, name) =>
        {
            foreach (var (parent, names) in new[] { ("ann", $"[\"ann {name}\"]"), ("bob", $"[\"ann {name}\",\"bob {name}\"]") })
            {
                using var added = await pair.Client.PostAsync(tenant.Url($"/parents/{parent} {name}"), content: null);
                Assert.Equal(names, await added.TextAsync(System.Net.HttpStatusCode.OK));
            }

            var columns = name == "red" ? "\"id\",\"parent_id\",\"of_red\"" : "\"id\",\"parent_id\"";
            Assert.Equal($$"""{"owner":["{{name}}"],"columns":[{{columns}}],"names":["ann {{name}}","bob {{name}}"],"children":[2,2]}""", await pair.TextAsync(tenant, "/parents"));
            using var removed = await pair.Client.DeleteAsync(tenant.Url("/parents"));
            Assert.Equal("0", await removed.TextAsync(System.Net.HttpStatusCode.OK));
        });
    }
}
