namespace SnakeHost.Gateway.Supervision;

/// <summary>Why a worker that runs has to be replaced.</summary>
internal enum WorkerIllness
{
    /// <summary>The process does not answer.</summary>
    Hangs,

    /// <summary>Some app's C code keeps the GIL. What does without it goes on: answers that are on their way, files, other listeners' health.</summary>
    PythonHangs,
}
