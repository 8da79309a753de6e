namespace Stagedoor.Discovery.Log;

/// <summary>
/// What a write is about. Two writes about the same do not go into one commit, unless both only share it, so that each decides on what is
/// really stored.
/// </summary>
/// <param name="Key">A name.</param>
/// <param name="IsShared">Others may share it, but nobody may have it to themselves.</param>
internal readonly record struct Scope(string Key, bool IsShared)
{
    /// <summary>To have a microservice to oneself.</summary>
    public static Scope Service(string tenant, string serviceId) => new($"s {tenant} {serviceId}", false);

    /// <summary>To need a microservice to be there.</summary>
    public static Scope InService(string tenant, string serviceId) => new($"s {tenant} {serviceId}", true);

    public static Scope Identity(string tenant, string key) => new($"k {tenant} {key}", false);

    public static Scope Instance(string tenant, string serviceId, string instanceId) => new($"i {tenant} {serviceId} {instanceId}", false);

    public static Scope Named(string name) => new($"n {name}", false);
}
