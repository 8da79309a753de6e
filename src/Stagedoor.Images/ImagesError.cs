using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

/// <summary>Errors of the management API with their facts. Those of the registry are in <c>RegistryError</c>.</summary>
internal static partial class ImagesError
{
    public static ApiException TokenMissing() => new(ImagesCodes.TokenMissing);

    public static ApiException AuthenticationFailed(string reason) => new(ImagesCodes.AuthenticationFailed, reason);

    public static ApiException ApiVersionNotSupported(string version) => new(ImagesCodes.ApiVersionNotSupported, $"api_version={version}; known are v2 and v3");

    public static ApiException UrlNotFound(string method, string path) => new(ImagesCodes.UrlNotFound, $"{method} {path}");

    public static ApiException InvalidBodyType(string type) => new(ImagesCodes.InvalidBodyType, $"Content-Type is '{type}', expected application/json");

    public static ApiException BodyTooLarge(long limit) => new(ImagesCodes.BodyTooLarge, $"limit={limit} bytes");

    public static ApiException UndecodableQuery(string query) => new(ImagesCodes.UndecodableQuery, query);

    public static ApiException RequiredParameterMissing(string name) => new(ImagesCodes.RequiredParameterMissing, $"{name} is required");

    public static ApiException InvalidParameter(string detail) => new(ImagesCodes.InvalidParameter, detail);

    public static ApiException InvalidFilter(string detail) => new(ImagesCodes.InvalidFilter, detail);

    public static ApiException InvalidQueryParameter(string name, string value, string allowed) =>
        new(ImagesCodes.InvalidQueryParameter, $"{name}={value}; allowed: {allowed}");

    public static ApiException InvalidOrganizationName(string? name) => new(
        ImagesCodes.InvalidOrganizationName,
        $"namespace={name}; 1-64 of a-z and 0-9, with one '.', one or two '_' or any number of '-' between them, starting with a letter; manage, s2i, domains and library are reserved");

    public static ApiException OperationDenied() => new(ImagesCodes.OperationDenied, "only an administrator of the account may do this");

    public static ApiException PermissionDenied(string resource, int has, int needs) =>
        new(ImagesCodes.PermissionDenied, $"{resource}: permission {has}, needed {needs}");

    public static ApiException CrossAccountDenied(string resource) => new(ImagesCodes.CrossAccountDenied, resource);

    public static ApiException OrganizationNotFound(string name) => new(ImagesCodes.OrganizationNotFound, $"namespace={name}");

    public static ApiException OrganizationExists(string name) => new(ImagesCodes.OrganizationExists, $"namespace={name}");

    public static ApiException InvalidOrganizationPermission(string userId) =>
        new(ImagesCodes.InvalidOrganizationPermission, $"user_id={userId}: auth is 7, 3 or 1");

    public static ApiException InvalidUserName(string userId, string userName) => new(ImagesCodes.InvalidUserName, $"user_id={userId}, user_name={userName}");

    public static ApiException OrganizationPermissionExists(string name, string userId) =>
        new(ImagesCodes.OrganizationPermissionExists, $"namespace={name}, user_id={userId}");

    public static ApiException OrganizationPermissionNotFound(string name, string userId) =>
        new(ImagesCodes.OrganizationPermissionNotFound, $"namespace={name}, user_id={userId}");

    public static ApiException OrganizationQuotaExceeded(int limit) => new(ImagesCodes.OrganizationQuotaExceeded, $"limit={limit}");

    public static ApiException OrganizationNotEmpty(string name, Organizations.OrganizationContent content) => new(
        ImagesCodes.OrganizationNotEmpty,
        $"namespace={name}, repositories={content.Repositories}, one is {content.Repository}");
}
