using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException InvalidPermission(string userId) => new(ImagesCodes.InvalidPermission, $"user_id={userId}: auth is 7, 3 or 1");

    public static ApiException OwnPermission(string userId) => new(ImagesCodes.InvalidPermission, $"user_id={userId} is the caller, to whom somebody else grants");

    public static ApiException PermissionExists(string organization, string repository, string holder) =>
        new(ImagesCodes.PermissionExists, $"namespace={organization}, repository={repository}, {holder}");

    public static ApiException PermissionNotFound(string organization, string repository, string holder) =>
        new(ImagesCodes.PermissionNotFound, $"namespace={organization}, repository={repository}, {holder}");
}
