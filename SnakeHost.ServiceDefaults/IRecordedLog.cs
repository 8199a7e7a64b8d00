using System.Diagnostics;

namespace SnakeHost.ServiceDefaults;

/// <summary>The state of a log call that was made on behalf of code elsewhere, and so knows more than the SDK can see.</summary>
public interface IRecordedLog
{
    /// <summary>What was logged, without what a console line needs in addition.</summary>
    string Body { get; }

    /// <summary>The span that the code belongs to; default for none.</summary>
    ActivityContext Trace { get; }
}
