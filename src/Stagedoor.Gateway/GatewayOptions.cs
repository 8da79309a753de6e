using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Gateway;

/// <summary>Settings of the request pipeline: section <c>Gateway</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>The address under which callers reach this installation, for links; without it the request's own. Key <c>ExternalUrl</c>.</summary>
    public string? ExternalUrl { get; set; }

    /// <summary>Proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Refuses plain HTTP, but for <c>/healthz</c>, <c>/readyz</c> and <c>/version</c>.</summary>
    public bool RequireHttps { get; set; }

    /// <summary>The largest body of a route that does not name its own limit, and of any request whose signature covers its body.</summary>
    [Range(1, 1L << 40)]
    public long MaxBodyBytes { get; set; } = 12 * 1024 * 1024;

    /// <summary>Beginnings of paths that may hold an encoded slash, besides those of image repositories under <c>/v2/manage</c>.</summary>
    public IList<string> EncodedSlashPrefixes { get; } = [];

    /// <summary>How many requests each API takes in a second; 0 for any number.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerSecond { get; set; } = 200;

    /// <summary>How many requests of one account each API takes in a second; 0 for any number.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerSecondPerUser { get; set; }

    /// <summary>How many requests of one address each API takes in a second; 0 for any number.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerSecondPerAddress { get; set; }

    /// <summary>How many requests of one address each API refuses in a second because their caller is not known, before it says so no more; 0 for any number.</summary>
    [Range(0, 10_000_000)]
    public int RefusalsPerSecondPerAddress { get; set; } = 20;

    /// <summary>
    /// Origins of web pages (<c>https://ui.example.com</c>) that may call from a browser and read the answers, or <c>*</c> for any. Credentials are the page's to send.
    /// </summary>
    public IList<string> CorsOrigins { get; } = [];

    /// <summary>How many days browsers come back with https after an answer over https; 0 to say nothing.</summary>
    [Range(0, 3650)]
    public int HstsDays { get; set; } = 180;

    /// <summary>Counts wrong signatures per access key alone, so that whoever knows a key's name can lock it; else per key and network.</summary>
    public bool LockPerAccessKey { get; set; }

    /// <summary>How many days audit records are kept.</summary>
    [Range(7, 3650)]
    public int AuditRetentionDays { get; set; } = 7;

    /// <summary>Exceptions for the routes whose template begins with a prefix; the longest prefix wins.</summary>
    [ValidateEnumeratedItems]
    public IList<GatewayRouteOptions> Routes { get; } = [];
}

/// <summary>What is different on some routes: an element of <c>Gateway:Routes</c>.</summary>
public sealed class GatewayRouteOptions
{
    /// <summary>The beginning of the route's template in whole segments, for example <c>/v2/manage</c>.</summary>
    [Required]
    [RegularExpression("^/.*$", ErrorMessage = "a path that begins with '/'")]
    public string Prefix { get; set; } = "";

    /// <summary>Who checks the caller, instead of what the route says.</summary>
    public AuthMode? Auth { get; set; }

    /// <inheritdoc cref="GatewayOptions.RequestsPerSecond"/>
    [Range(0, 10_000_000)]
    public int? RequestsPerSecond { get; set; }

    /// <inheritdoc cref="GatewayOptions.RequestsPerSecondPerUser"/>
    [Range(0, 10_000_000)]
    public int? RequestsPerSecondPerUser { get; set; }

    /// <inheritdoc cref="GatewayOptions.RequestsPerSecondPerAddress"/>
    [Range(0, 10_000_000)]
    public int? RequestsPerSecondPerAddress { get; set; }

    /// <summary>The largest body in bytes.</summary>
    [Range(0, 1L << 50)]
    public long? MaxBodyBytes { get; set; }
}
