using System.Collections;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>What the command line of <c>stagedoor serve</c> says.</summary>
public sealed record ServeSettings
{
    /// <summary>Where everything is kept, unless the configuration names other stores.</summary>
    public string? Data { get; init; }

    /// <summary>Addresses to listen on, separated by <c>;</c>.</summary>
    public string? Urls { get; init; }

    /// <summary>A JSON file with settings.</summary>
    public string? Config { get; init; }

    /// <summary>The variables of the environment, from which those that start with <c>STAGEDOOR__</c> are settings.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } =
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(static v => (string)v.Key, static v => (string)v.Value!, StringComparer.Ordinal);

    /// <summary>What the product is made of; a test adds a module of its own.</summary>
    public IReadOnlyList<IModule> Modules { get; init; } = Serve.Modules.All;

    /// <summary>Settings that win over everything else, by configuration key; tests use it.</summary>
    public IReadOnlyDictionary<string, string?> Overrides { get; init; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
}
