namespace Stagedoor.Http.Decisions;

/// <summary>The stages of a request's way, by the names that are shown.</summary>
public static class DecisionStage
{
    /// <summary>Whether it is acceptable HTTP.</summary>
    public const string Arrival = "arrival";

    /// <summary>Which operation it names.</summary>
    public const string Route = "route";

    /// <summary>How many requests there may be.</summary>
    public const string Throttle = "throttle";

    /// <summary>Its body: size, type, what it says.</summary>
    public const string Body = "body";

    /// <summary>Who calls.</summary>
    public const string Authentication = "authentication";

    /// <summary>From which address the caller may call.</summary>
    public const string Address = "address";

    /// <summary>In which account and project the call acts.</summary>
    public const string Tenant = "tenant";

    /// <summary>What the caller may do.</summary>
    public const string Policy = "policy";

    /// <summary>How much there may be.</summary>
    public const string Quota = "quota";

    /// <summary>What the operation itself says.</summary>
    public const string Handler = "handler";

    /// <summary>The databases and the store of blobs.</summary>
    public const string Storage = "storage";

    /// <summary>Work that a request asked for and that is done later.</summary>
    public const string Job = "job";

    /// <summary>In the order in which a request passes them.</summary>
    public static IReadOnlyList<string> InOrder { get; } =
        [Arrival, Route, Throttle, Body, Authentication, Address, Tenant, Policy, Quota, Handler, Storage];
}
