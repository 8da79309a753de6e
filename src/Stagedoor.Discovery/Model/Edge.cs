namespace Stagedoor.Discovery.Model;

/// <summary>That a consumer depends on the versions of a provider.</summary>
/// <param name="Tenant">The provider's tenant, <c>domain/project</c>.</param>
/// <param name="Environment">The provider's environment.</param>
/// <param name="AppId">The provider's application.</param>
/// <param name="Name">The provider's name or alias as the consumer asked for it; <c>*</c> for every one.</param>
/// <param name="Version">The version rule.</param>
internal sealed record Edge(string Tenant, string Environment, string AppId, string Name, string Version)
{
    /// <summary>The name <c>*</c>, with which a consumer depends on everything of its tenant and environment.</summary>
    public const string Everything = "*";

    public ProviderName Provider => new(Environment, AppId, Name);
}
