using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    private const int MaxHolders = 20;

    public static ApiException TagNotFound(string organization, string repository, string tag) =>
        new(ImagesCodes.TagNotFound, $"namespace={organization}, repository={repository}, tag={tag}");

    public static ApiException TagNotRestorable(string organization, string repository, string tag) => new(
        ImagesCodes.TagNotFound,
        $"namespace={organization}, repository={repository}, tag={tag}: not deleted by its name within Images:Collector:RestoreHours; a tag that went with its manifest, deleted by digest, cannot be restored");

    public static ApiException TagExists(string organization, string repository, string tag) =>
        new(ImagesCodes.ImageExists, $"namespace={organization}, repository={repository}, tag={tag}");

    public static ApiException TagHeld(string organization, string repository, string tag, IEnumerable<string> holders) => new(
        ImagesCodes.SystemBusy,
        $"namespace={organization}, repository={repository}, tag={tag} is used by {string.Join(", ", holders.Take(MaxHolders))}; ?force=true deletes it all the same");

    public static ApiException TagQuotaExceeded(int limit) => new(ImagesCodes.TagQuotaExceeded, $"limit={limit} (Images:MaxTagsPerRepository)") { Decision = Grants.OfQuota("tags", null, limit, "Images:MaxTagsPerRepository") };

    public static ApiException RepositoryTooLarge() =>
        InvalidParameter($"the images of all tags of the repository would add up to more than {StoreManifest.MaxRepositoryBytes} bytes");

    public static ApiException ManifestUnreadable(string digest) => new(ImagesCodes.GetManifestFailed, $"{digest} is not stored");
}
