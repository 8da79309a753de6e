using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException RetentionExists(string organization, string repository) =>
        InvalidParameter($"namespace={organization}, repository={repository} has a retention rule, and a repository has at most one: change it with PATCH");

    public static ApiException RetentionNotFound(string organization, string repository, long id) =>
        new(ImagesCodes.PermissionNotFound, $"namespace={organization}, repository={repository}, retention_id={id}");
}
