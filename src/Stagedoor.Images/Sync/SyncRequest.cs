using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Sync;

/// <summary>What a request says of a target.</summary>
/// <param name="RemoteRegionId">The region.</param>
/// <param name="RemoteNamespace">The organization there.</param>
/// <param name="SyncAuto">Whether new tags are copied by themselves.</param>
/// <param name="Override">Whether a tag that is there already is replaced.</param>
/// <param name="ImageTag">The tags to copy.</param>
internal sealed record SyncRequest(
    [property: JsonPropertyName("remoteRegionId")] string? RemoteRegionId,
    [property: JsonPropertyName("remoteNamespace")] string? RemoteNamespace,
    [property: JsonPropertyName("syncAuto")] bool? SyncAuto,
    [property: JsonPropertyName("override")] bool? Override,
    [property: JsonPropertyName("imageTag")] IReadOnlyList<string?>? ImageTag)
{
    public const int MaxTags = 100;

    /// <summary>The region and the organization there.</summary>
    /// <exception cref="ApiException">One is missing, or the name is none.</exception>
    public (string Region, string Namespace) ReadTarget()
    {
        var region = string.IsNullOrEmpty(RemoteRegionId) ? throw ImagesError.RequiredParameterMissing("remoteRegionId") : RemoteRegionId;
        var name = string.IsNullOrEmpty(RemoteNamespace) ? throw ImagesError.RequiredParameterMissing("remoteNamespace") : RemoteNamespace;
        if (!Organization.IsValidName(name))
        {
            throw ImagesError.InvalidOrganizationName(name);
        }

        return Text.IsStorable(region) && region.Length <= 64 ? (region, name) : throw ImagesError.UnknownRegion(Text.Cut(Text.Repair(region), 64));
    }

    /// <summary>The registry of the region.</summary>
    /// <exception cref="ApiException">There is no such region, or it is of a kind that is not known.</exception>
    public static SyncRegion FindRegion(RemoteRegistries registries, string name)
    {
        var region = registries.Find(name) is { Endpoint.Length: > 0 } found ? found : throw ImagesError.UnknownRegion(name);
        return SyncRegion.Types.Contains(region.Type, StringComparer.Ordinal) ? region : throw ImagesError.UnsupportedRegistryType(name, region.Type);
    }

    /// <summary>Makes sure that the registry is there and lets this one in.</summary>
    /// <exception cref="ApiException">It is not, or does not.</exception>
    public static async Task ProbeAsync(
        RemoteRegistries registries, SyncRegion region, string regionName, string repository, CancellationToken cancellationToken)
    {
        try
        {
            await registries.Open(region, repository).ProbeAsync(cancellationToken);
        }
        catch (RemoteException e)
        {
            throw ImagesError.RegistryUnavailable(regionName, e);
        }
    }
}
