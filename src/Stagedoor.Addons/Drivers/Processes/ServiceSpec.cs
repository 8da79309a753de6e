namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>A process that is kept running.</summary>
internal sealed record ServiceSpec
{
    public const string Always = "always";
    public const string OnFailure = "on-failure";
    public const string No = "no";

    public required string Name { get; init; }

    /// <summary>The program, as a path in the package's <c>files/</c> or an absolute one, and its arguments. No shell reads it.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where it runs: below the release's own folder, or an absolute path; empty for that folder.</summary>
    public string Cwd { get; init; } = "";

    /// <summary>What it listens on. A release with ports that the next revision has too is stopped before that one is started.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    public HealthSpec? Health { get; init; }

    /// <summary>One of <see cref="Always"/>, <see cref="OnFailure"/> and <see cref="No"/>.</summary>
    public string Restart { get; init; } = Always;

    /// <summary>The services that have to be healthy before it is started.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];
}

/// <summary>How it is found out whether a service is well. One of the three is not <c>null</c>.</summary>
internal sealed record HealthSpec
{
    /// <summary>An address of this machine that answers with a status from 200 to 399.</summary>
    public string? Http { get; init; }

    /// <summary>A port of this machine that takes connections.</summary>
    public int? Tcp { get; init; }

    /// <summary>A command that ends with 0.</summary>
    public IReadOnlyList<string>? Exec { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often in a row it has to fail before the service is not well, and is started anew.</summary>
    public int Retries { get; init; } = 3;
}
