namespace Stagedoor.Monitoring.Series;

/// <summary>Whose series they are.</summary>
/// <param name="Tenant">The tenant's key.</param>
/// <param name="App">The application.</param>
/// <param name="Service">The microservice's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Instance">The host's name.</param>
/// <param name="InstanceId">The registry's id, empty when it was not told: two processes of one host differ in nothing else.</param>
internal readonly record struct InstanceKey(string Tenant, string App, string Service, string Version, string Instance, string InstanceId)
{
    public bool IsNamed(string instance) =>
        string.Equals(Instance, instance, StringComparison.Ordinal) || string.Equals(InstanceId, instance, StringComparison.Ordinal);
}
