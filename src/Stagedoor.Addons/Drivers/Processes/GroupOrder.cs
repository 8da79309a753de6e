using System.Text.Json.Serialization;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The services of a revision of a release, to be run.</summary>
/// <param name="Key">What it is told apart by, and what its processes bear as a marker.</param>
/// <param name="Work">Where its services run, unless they say otherwise.</param>
/// <param name="Files">Where the files of its package are.</param>
/// <param name="Logs">Where its logs are.</param>
/// <param name="FileNames">The paths of those files, as commands name them.</param>
/// <param name="Services">The services.</param>
internal sealed record GroupOrder(string Key, string Work, string Files, string Logs, IReadOnlyList<string> FileNames, IReadOnlyList<ServiceSpec> Services);

/// <summary>How a supervisor works. The first line that it is sent.</summary>
/// <param name="Installation">What the markers of all its processes begin with.</param>
/// <param name="Programs">The folders of programs that may be run.</param>
/// <param name="Roots">The folders outside of a release's own that services may run in.</param>
/// <param name="GraceSeconds">How long a process that was asked to end may take.</param>
/// <param name="StartSeconds">How long a service may take to be well for the first time.</param>
/// <param name="LogBytes">How large the log of a service may be.</param>
internal sealed record SupervisorSetup(
    string Installation, IReadOnlyList<string> Programs, IReadOnlyList<string> Roots, double GraceSeconds, double StartSeconds, long LogBytes);

/// <summary>What a supervisor is asked to do.</summary>
/// <param name="Id">What the answer has too.</param>
/// <param name="Verb">One of <see cref="Put"/>, <see cref="Drop"/> and <see cref="Status"/>.</param>
/// <param name="Key">About which group.</param>
/// <param name="Order">The group, to put it.</param>
internal sealed record SupervisorRequest(long Id, string Verb, string Key, GroupOrder? Order)
{
    /// <summary>Starts a group, unless it is there.</summary>
    public const string Put = "put";

    /// <summary>Stops a group; answered when nothing of it runs.</summary>
    public const string Drop = "drop";

    /// <summary>Tells how a group is.</summary>
    public const string Status = "status";
}

/// <summary>What a supervisor answers.</summary>
/// <param name="Id">To which request; 0 where it has begun.</param>
/// <param name="Problem">What went wrong; empty where nothing did.</param>
/// <param name="Services">How the services are; <c>null</c> where there is no such group.</param>
internal sealed record SupervisorAnswer(long Id, string Problem, IReadOnlyList<ServiceStatus>? Services);

/// <summary>How a service is.</summary>
/// <param name="Name">Which.</param>
/// <param name="State">One of the words here.</param>
/// <param name="Reason">Why it is not well; empty where it is.</param>
/// <param name="Pid">Its process; 0 where none runs.</param>
/// <param name="Starts">How often it was started.</param>
internal sealed record ServiceStatus(string Name, string State, string Reason, int Pid, int Starts)
{
    /// <summary>It waits for services that it depends on.</summary>
    public const string Waiting = "waiting";

    /// <summary>It runs, and is not well yet.</summary>
    public const string Starting = "starting";

    public const string Healthy = "healthy";

    /// <summary>It runs, and was well.</summary>
    public const string Unhealthy = "unhealthy";

    /// <summary>It has ended, and is started again after a while.</summary>
    public const string Resting = "resting";

    /// <summary>It has ended well, and is not started again.</summary>
    public const string Done = "done";

    /// <summary>It has ended badly, and is not started again.</summary>
    public const string Failed = "failed";

    public const string Stopped = "stopped";

    [JsonIgnore]
    public bool IsReady => State is Healthy or Done;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SupervisorSetup))]
[JsonSerializable(typeof(SupervisorRequest))]
[JsonSerializable(typeof(SupervisorAnswer))]
internal sealed partial class SupervisorJson : JsonSerializerContext;
