using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

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

    public static ApiException OperationDenied() => new(ImagesCodes.OperationDenied, "only an administrator of the account may do this")
    {
        Decision = new(DecisionStage.Policy, new("needs one of the roles", $"{ImagesModule.Administrator}, {RoleNames.TenantAdministrator}"), new("smallest grant", $"{ImagesModule.Administrator} in the account"))
        {
            Change = Grants.OfRole(ImagesModule.Administrator, inProject: false),
        },
    };

    public static ApiException PermissionDenied(string resource, int has, int needs) =>
        new(ImagesCodes.PermissionDenied, $"{resource}: permission {has}, needed {needs}") { Decision = Denied(OrganizationOf(resource), has, needs) };

    /// <summary>What a right in an organization that is too low was decided by.</summary>
    /// <param name="organization">The organization; null where it is not only about that.</param>
    /// <param name="has">The right that the caller has.</param>
    /// <param name="needs">The right that it needs.</param>
    internal static DecisionStep Denied(string? organization, int has, int needs) => new(
        DecisionStage.Policy,
        new("organization", organization ?? ""),
        new("right", NameOf(has)),
        new("needs", NameOf(needs)),
        new("smallest grant", organization is null ? "" : $"{NameOf(needs)} in {organization}"))
    {
        Change = organization is null ? null : Grants.OfOrganization(organization, needs),
    };

    public static ApiException CrossAccountDenied(string resource) => new(ImagesCodes.CrossAccountDenied, resource)
    {
        Decision = new(DecisionStage.Tenant, new DecisionFact("asked for", resource))
        {
            Change = "Call with a credential of the account that this belongs to, or let that account share the image (POST /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains).",
        },
    };

    public static ApiException OrganizationNotFound(string name) => new(ImagesCodes.OrganizationNotFound, $"namespace={name}");

    public static ApiException OrganizationExists(string name) => new(ImagesCodes.OrganizationExists, $"namespace={name}");

    public static ApiException InvalidOrganizationPermission(string userId) =>
        new(ImagesCodes.InvalidOrganizationPermission, $"user_id={userId}: auth is 7, 3 or 1");

    public static ApiException InvalidUserName(string userId, string userName) => new(ImagesCodes.InvalidUserName, $"user_id={userId}, user_name={userName}");

    public static ApiException OrganizationPermissionExists(string name, string userId) =>
        new(ImagesCodes.OrganizationPermissionExists, $"namespace={name}, user_id={userId}");

    public static ApiException OrganizationPermissionNotFound(string name, string userId) =>
        new(ImagesCodes.OrganizationPermissionNotFound, $"namespace={name}, user_id={userId}");

    public static ApiException OrganizationQuotaExceeded(int limit) => new(ImagesCodes.OrganizationQuotaExceeded, $"limit={limit}")
    {
        Decision = Grants.OfQuota("organizations", null, limit, "Images:MaxOrganizationsPerAccount"),
    };

    public static ApiException OrganizationNotEmpty(string name, Organizations.OrganizationContent content) => new(
        ImagesCodes.OrganizationNotEmpty,
        $"namespace={name}, repositories={content.Repositories}, one is {content.Repository}");

    // What a name of a resource begins with; some resources are more than one organization's.
    private static string? OrganizationOf(string resource)
    {
        const string Named = "namespace=";
        var name = resource.StartsWith(Named, StringComparison.Ordinal) ? resource[Named.Length..] : resource.Split('/', 2)[0];
        return Organizations.Organization.IsValidName(name) ? name : null;
    }

    private static string NameOf(int right) => right switch
    {
        >= Access.Rights.Manage => "manage",
        >= Access.Rights.Edit => "push",
        >= Access.Rights.Read => "pull",
        _ => "none",
    };
}
