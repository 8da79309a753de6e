using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException UnknownRegion(string region) => new(ImagesCodes.InvalidParameter, $"remoteRegionId={region} is no region of this installation");

    public static ApiException UnsupportedRegistryType(string region, string type) =>
        new(ImagesCodes.UnsupportedRegistryType, $"remoteRegionId={region} has the type {type}; known are {string.Join(", ", Sync.SyncRegion.Types)}");

    public static ApiException RegistryUnavailable(string region, Exception reason) =>
        new(ImagesCodes.RegistryUnavailable, $"remoteRegionId={region}: {Text.Cut(Text.Repair(reason.Message), 300)}", inner: reason);

    public static ApiException SyncRuleNotFound(string region, string @namespace) =>
        new(ImagesCodes.PermissionNotFound, $"there is no rule for remoteRegionId={region}, remoteNamespace={@namespace}");

    public static ApiException SyncUnfinished(string tag) => new(ImagesCodes.SystemBusy, $"tag={tag} is being copied there already");

    public static ApiException SyncTagNotFound(string organization, string repository, string tag) =>
        new(ImagesCodes.TagNotFound, $"namespace={organization}, repository={repository}, tag={tag}");
}
