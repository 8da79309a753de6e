using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException InvalidRepositoryName(string? name) => new(
        ImagesCodes.InvalidImageName,
        $"repository={name}; 1-128 of a-z, 0-9 and '.', '_', '__', '-', '/' between them, beginning and ending with a letter or digit");

    public static ApiException InvalidTag(string? tag) =>
        new(ImagesCodes.InvalidVersion, $"tag={tag}; 1-128 of letters, digits, '_', '.', '-', not beginning with '.' or '-'");

    public static ApiException RepositoryNotFound(string organization, string repository) =>
        new(ImagesCodes.ImageNotFound, $"namespace={organization}, repository={repository}");

    public static ApiException RepositoryExists(string organization, string repository) =>
        new(ImagesCodes.ImageExists, $"namespace={organization}, repository={repository}");

    public static ApiException NothingEditable(string resource) => new(ImagesCodes.NoEditableImage, resource);

    public static ApiException NoOrganizationEditable(string resource) => new(ImagesCodes.NoEditableOrganization, resource);

    public static ApiException InvalidIsPublic(string detail) => new(ImagesCodes.InvalidIsPublic, detail);

    public static ApiException DescriptionTooLong(int limit) => new(ImagesCodes.DescriptionTooLong, $"description has more than {limit} characters");

    public static ApiException TagKept(ErrorDefinition code, string organization, string repository, string tag) => new(
        code, $"namespace={organization}, repository={repository}, tag={tag}: immutable by immutable_tags of the repository");

    public static ApiException RepositoryQuotaExceeded(int limit) =>
        new(ImagesCodes.ImageQuotaExceeded, $"limit={limit} (Images:MaxRepositoriesPerAccount)") { Decision = Grants.OfQuota("repositories", null, limit, "Images:MaxRepositoriesPerAccount") };

    public static ApiException RepositoryNotEmpty(string organization, string repository, long tags, string tag) =>
        new(ImagesCodes.ImageNotEmpty, $"namespace={organization}, repository={repository}, tags={tags}, one is {tag}");

    public static ApiException InvalidPageSize(string name, string value) =>
        new(ImagesCodes.InvalidPageSize, name is "limit" ? $"limit={value}; a whole number from 1" : $"{name}={value}; a whole number from 0");

    public static ApiException ParameterMissing(string detail) => new(ImagesCodes.ParameterMissing, detail);

    public static ApiException ExternalAddressOff() =>
        new(ImagesCodes.ExternalAddressNotConfigured, "Images:ExternalHost is none: images have no address outside of this installation");
}
