using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Stagedoor.Discovery;

/// <summary>Where published contracts may not change any more.</summary>
public enum SchemaLock
{
    /// <summary>In the environment <c>production</c>.</summary>
    Production,

    /// <summary>In <c>production</c> and where no environment is given, as the first generation of the registry did.</summary>
    Strict,

    /// <summary>Nowhere.</summary>
    Off,
}

/// <summary>Settings of the microservice engine: section <c>Discovery</c>.</summary>
public sealed class DiscoveryOptions
{
    /// <summary>
    /// Where the registry is served besides the addresses of <c>Urls</c>: a port of the same hosts, addresses separated by <c>;</c>, or <c>off</c>. When the port is taken
    /// it is not served there, and the start goes on.
    /// </summary>
    [RegularExpression("^(off|[0-9]{1,5}|https?://.+)$", ErrorMessage = "a port, addresses such as http://127.0.0.1:30100, or off")]
    public string Listen { get; set; } = DiscoveryModule.ServiceCenter.Default;

    /// <summary>Where published contracts may not change any more.</summary>
    public SchemaLock SchemaLock { get; set; } = SchemaLock.Production;

    /// <summary>Tenants (<c>domain/project</c>) with a schema lock of their own.</summary>
    public IDictionary<string, SchemaLock> SchemaLocks { get; } = new Dictionary<string, SchemaLock>(StringComparer.Ordinal);

    /// <summary>The shortest heartbeat interval in seconds; shorter ones are raised to it.</summary>
    [Range(1, 3600)]
    public int MinHeartbeatInterval { get; set; } = 5;

    /// <summary>The least number of heartbeats that may be missed; lower ones are raised to it.</summary>
    [Range(0, 1000)]
    public int MinHeartbeatTimes { get; set; } = 3;

    /// <summary>
    /// Spares instances when more than 85 % of a tenant's would expire at once, and at least 20 are registered: then the network is
    /// the likelier culprit, and their leases are extended once.
    /// </summary>
    public bool SelfProtection { get; set; } = true;

    /// <summary>How many seconds a write may wait for the database before it is given up.</summary>
    [Range(1, 60)]
    public int StoreTimeoutSeconds { get; set; } = 3;

    /// <summary>Black and white lists of consumers.</summary>
    public bool Rules { get; set; }

    /// <summary>Names of services in <c>default/default</c>, application <c>default</c>, that every tenant finds.</summary>
    public IList<string> SharedServices { get; } = [];

    /// <summary>Seconds between the pings of a watching or heartbeating WebSocket.</summary>
    [Range(1, 3600)]
    public int WebSocketPingSeconds { get; set; } = 30;

    /// <summary>The longest time in seconds that a discovery request with <c>wait</c> is held.</summary>
    [Range(1, 600)]
    public int MaxWaitSeconds { get; set; } = 60;
}

/// <summary>How much a tenant may register: section <c>Discovery:Quotas</c>.</summary>
public sealed class QuotaOptions
{
    /// <summary>Microservices of a tenant.</summary>
    [Range(0, int.MaxValue)]
    public int Services { get; set; } = 50_000;

    /// <summary>Instances of a tenant.</summary>
    [Range(0, int.MaxValue)]
    public int Instances { get; set; } = 150_000;

    /// <summary>Contracts of a microservice.</summary>
    [Range(0, 10_000)]
    public int Schemas { get; set; } = 100;

    /// <summary>Tags of a microservice.</summary>
    [Range(0, 100)]
    public int Tags { get; set; } = 100;

    /// <summary>Rules of a microservice.</summary>
    [Range(0, 10_000)]
    public int Rules { get; set; } = 100;

    /// <summary>The address of a quota service that decides instead, for example <c>http://quota:9000</c>; without it these settings do.</summary>
    [RegularExpression("^https?://.+$", ErrorMessage = "an address that begins with http:// or https://")]
    public string? Url { get; set; }

    /// <summary>Milliseconds within which the quota service must answer.</summary>
    [Range(1, 60_000)]
    public int TimeoutMilliseconds { get; set; } = 1_000;
}

/// <summary>Accounts of the engine's own: section <c>Discovery:Rbac</c>.</summary>
public sealed class RbacOptions
{
    /// <summary>Demands a token of the engine's own accounts, or a credential of the gateway, of every caller.</summary>
    public bool Enabled { get; set; }

    /// <summary>The password of the account <c>root</c> when it is made; afterwards it counts no more.</summary>
    [PasswordPropertyText(true)]
    public string? RootPassword { get; set; }

    /// <summary>The most accounts, root among them.</summary>
    [Range(1, 100_000)]
    public int MaxAccounts { get; set; } = 1_000;

    /// <summary>The most roles, the two built-in ones among them.</summary>
    [Range(1, 100_000)]
    public int MaxRoles { get; set; } = 100;

    /// <summary>Minutes that an account stays blocked at an address from which three wrong passwords came.</summary>
    [Range(1, 1440)]
    public int LockoutMinutes { get; set; } = 60;

    /// <summary>How many logins with a password one network may try in a minute.</summary>
    [Range(1, 1_000_000)]
    public int LoginsPerMinute { get; set; } = 300;

    /// <summary>Rounds of PBKDF2-SHA512 for new passwords.</summary>
    [Range(10_000, 10_000_000)]
    public int PasswordIterations { get; set; } = 210_000;
}

[OptionsValidator]
internal sealed partial class DiscoveryOptionsValidator : IValidateOptions<DiscoveryOptions>;

[OptionsValidator]
internal sealed partial class QuotaOptionsValidator : IValidateOptions<QuotaOptions>;

[OptionsValidator]
internal sealed partial class RbacOptionsValidator : IValidateOptions<RbacOptions>;
