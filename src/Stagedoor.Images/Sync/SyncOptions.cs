using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Sync;

/// <summary>Settings under <c>Images:Sync</c>: copies of images in other registries.</summary>
public sealed class SyncOptions
{
    /// <summary>The registries that images can be copied to, by the name of their region.</summary>
    public IDictionary<string, SyncRegion> Regions { get; } = new Dictionary<string, SyncRegion>(StringComparer.Ordinal);

    /// <summary>How many tags one process copies at a time.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 2;

    /// <summary>How often the copy of a tag is tried before it counts as failed; the pauses between grow from a second to ten minutes.</summary>
    [Range(1, 100)]
    public int Attempts { get; set; } = 10;

    /// <summary>How long the copy of a tag may take from its request to its end, all attempts together, in minutes.</summary>
    [Range(1, 7 * 24 * 60)]
    public int TimeoutMinutes { get; set; } = 24 * 60;

    /// <summary>How long a target may neither take nor send anything before the attempt is given up, in seconds.</summary>
    [Range(1, 3600)]
    public int StallSeconds { get; set; } = 60;

    /// <summary>How much of a layer one request sends, in bytes: what has to be sent again at most when an attempt is cut off.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int ChunkBytes { get; set; } = 16 * 1024 * 1024;
}

/// <summary>Settings under <c>Images:Sync:Regions:NAME</c>: a registry that images can be copied to.</summary>
public sealed class SyncRegion
{
    /// <summary>The kinds that are known. All of them speak the registry protocol.</summary>
    public static readonly IReadOnlyCollection<string> Types = ["swr", "docker-registry", "harbor"];

    /// <summary>What kind of registry it is: swr, docker-registry or harbor.</summary>
    public string Type { get; set; } = "docker-registry";

    /// <summary>Where it is.</summary>
    [RegularExpression(@"^https?://[^/?#@\s]+/?$", ErrorMessage = "an address such as https://registry.example.com")]
    public string Endpoint { get; set; } = "";

    /// <summary>Who logs in there; empty for nobody.</summary>
    public string User { get; set; } = "";

    /// <summary>The password or login key of that user.</summary>
    [PasswordPropertyText(true)]
    public string Password { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class SyncOptionsValidator : IValidateOptions<SyncOptions>;
