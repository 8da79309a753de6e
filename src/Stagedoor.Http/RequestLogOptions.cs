namespace Stagedoor.Http;

/// <summary>Which requests get a line in the log.</summary>
public enum LoggedRequests
{
    /// <summary>Those that were answered with a status of 400 or more.</summary>
    Errors,

    /// <summary>None.</summary>
    Off,

    /// <summary>Every one.</summary>
    All,
}

/// <summary>The log of requests: section <c>Logging</c>.</summary>
public sealed class RequestLogOptions
{
    /// <summary>Which requests get a line.</summary>
    public LoggedRequests Requests { get; set; } = LoggedRequests.Errors;
}
