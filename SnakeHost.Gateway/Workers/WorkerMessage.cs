using System.Text.Json.Serialization;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.Configuration;
using SnakeHost.Gateway.Telemetry;
using SnakeHost.Gateway.Tenants;

namespace SnakeHost.Gateway.Workers;

/// <summary>What a gateway and a worker tell each other on their <see cref="ControlChannel"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Order), "order")]
[JsonDerivedType(typeof(Debug), "debug")]
[JsonDerivedType(typeof(Open), "open")]
[JsonDerivedType(typeof(End), "end")]
[JsonDerivedType(typeof(Stopping), "stopping")]
[JsonDerivedType(typeof(Left), "left")]
[JsonDerivedType(typeof(Ask), "ask")]
[JsonDerivedType(typeof(Running), "running")]
[JsonDerivedType(typeof(Debugging), "debugging")]
[JsonDerivedType(typeof(Held), "held")]
[JsonDerivedType(typeof(AskProfile), "ask-profile")]
[JsonDerivedType(typeof(Profile), "profile")]
[JsonDerivedType(typeof(AskMemory), "ask-memory")]
[JsonDerivedType(typeof(Memory), "memory")]
[JsonDerivedType(typeof(Forget), "forget")]
[JsonDerivedType(typeof(Ready), "ready")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Line), "line")]
[JsonDerivedType(typeof(Record), "record")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(Broken), "broken")]
[JsonDerivedType(typeof(Slow), "slow")]
internal abstract record WorkerMessage
{
    private WorkerMessage()
    {
    }

    /// <summary>Gateway to worker, first: what it is to load, and where to listen.</summary>
    /// <param name="Tenant">The tenant's id.</param>
    /// <param name="Http1">The path of the socket on which it is to speak HTTP/1.1.</param>
    /// <param name="Http2">The same for HTTP/2.</param>
    /// <param name="Secret">Marks what only the worker itself says in a response's header.</param>
    /// <param name="TraceParent">The span of the load, or null.</param>
    /// <param name="IsOneOfMany">Whether other processes answer requests for the app, too.</param>
    /// <param name="FollowsFiles">Whether the gateway wants to know which files the app opens.</param>
    /// <param name="SlowRequest">When a request is slow.</param>
    /// <param name="Settings">Of the gateway's configuration: logging and telemetry.</param>
    public sealed record Order(
        string Tenant,
        int Generation,
        TenantSpecification Specification,
        string Http1,
        string Http2,
        string Secret,
        string? TraceParent,
        bool IsDeveloping,
        bool IsOneOfMany,
        bool FollowsFiles,
        TimeSpan SlowRequest,
        WebSocketSettings WebSockets,
        IReadOnlyDictionary<string, string?> Settings) : WorkerMessage;

    /// <summary>Gateway to worker, first in place of an order: it is to start a debugger, and to load one generation after the other.</summary>
    /// <param name="Venv">The app's own environment, whose debugger is preferred; null for none.</param>
    /// <param name="Waits">Whether nothing is loaded before an editor has attached.</param>
    public sealed record Debug(string? Venv, bool Waits, bool FollowsFiles, IReadOnlyDictionary<string, string?> Settings) : WorkerMessage;

    /// <summary>Gateway to worker with a debugger: an order waits at a socket, for a control channel of its own.</summary>
    public sealed record Open(string Socket) : WorkerMessage;

    /// <summary>Gateway to worker: no request comes any more.</summary>
    /// <param name="GraceMs">Of <see cref="IPythonApplication.EndAsync"/>, in milliseconds; -1 for no limit.</param>
    public sealed record End(double GraceMs) : WorkerMessage;

    /// <summary>Gateway to worker: the gateway has been told to stop, and what stays open without end is to end.</summary>
    public sealed record Stopping : WorkerMessage;

    /// <summary>Gateway to worker: the client of a request has ended its sending; see <see cref="Http.ClientConnection"/>.</summary>
    /// <param name="Request">Its number.</param>
    public sealed record Left(long Request) : WorkerMessage;

    /// <summary>Gateway to worker: what requests are under way?</summary>
    /// <param name="Number">Of the question.</param>
    public sealed record Ask(long Number) : WorkerMessage;

    /// <summary>Worker to gateway: the answer to <see cref="Ask"/>.</summary>
    public sealed record Running(long Number, IReadOnlyList<RunningRequest> Requests) : WorkerMessage;

    /// <summary>Worker to gateway: its debugger listens.</summary>
    public sealed record Debugging(int Port) : WorkerMessage;

    /// <summary>Worker to gateway: the debugger holds a thread, or no more.</summary>
    public sealed record Held(bool IsHeld) : WorkerMessage;

    /// <summary>Gateway to worker: where does the app's time go?</summary>
    /// <param name="Number">Of the question.</param>
    public sealed record AskProfile(long Number, ProfileOrder Wanted) : WorkerMessage;

    /// <summary>Worker to gateway: the answer to <see cref="AskProfile"/>.</summary>
    /// <param name="Problem">Why there is none.</param>
    public sealed record Profile(long Number, ProfileData? Data, string? Problem) : WorkerMessage;

    /// <summary>Gateway to worker: what does the app have in memory?</summary>
    /// <param name="Number">Of the question.</param>
    public sealed record AskMemory(long Number) : WorkerMessage;

    /// <summary>Worker to gateway: the answer to <see cref="AskMemory"/>.</summary>
    public sealed record Memory(long Number, AppMemory? Data) : WorkerMessage;

    /// <summary>Gateway to worker: nobody waits for the answer to a question any more.</summary>
    /// <param name="Number">Of the question.</param>
    public sealed record Forget(long Number) : WorkerMessage;

    /// <summary>Worker to gateway: it is loaded, and listens.</summary>
    public sealed record Ready(string App, bool IsAsgi, int Modules, IReadOnlyList<SourceFile> Files, IReadOnlyList<ImportedModule> Imports) : WorkerMessage;

    /// <summary>Worker to gateway: it cannot be loaded; the worker ends.</summary>
    public sealed record Failed(PythonError? Error, string Message) : WorkerMessage;

    /// <summary>Worker to gateway: see <see cref="IAppOutput.WriteLine"/>.</summary>
    public sealed record Line(string Generation, string Stream, string Text, string? TraceParent) : WorkerMessage;

    /// <summary>Worker to gateway: see <see cref="IAppOutput.WriteRecord"/>.</summary>
    public sealed record Record(PythonRecord Logged) : WorkerMessage;

    /// <summary>Worker to gateway: the app opens a file.</summary>
    public sealed record Opened(SourceFile File, bool IsChanged) : WorkerMessage;

    /// <summary>Worker to gateway: a request has waited for too long.</summary>
    public sealed record Slow(string Method, string Path, double AgeMs, string Stacks) : WorkerMessage;

    /// <summary>Worker to gateway: an answer has failed when its response had started.</summary>
    public sealed record Broken(string Method, string Path, string Reason) : WorkerMessage;
}
