using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Organizations;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}</c>: what the request names is changed.</summary>
internal static class UpdateNamespace
{
    private const int MaxDescription = 1000;
    private const string BooleanSchema = """{"type":"boolean"}""";
    private const string NumberSchema = """{"type":["integer","null"],"format":"int64","minimum":0}""";

    /// <param name="Description">What the organization is for.</param>
    /// <param name="SparseIndexes">Whether an index may name manifests that are not there.</param>
    /// <param name="QuotaBytes">How much it may hold: 0 for no limit, null for the installation's default.</param>
    internal sealed record Request(
        string? Description,
        [property: JsonPropertyName("sparse_indexes"), Schema(BooleanSchema)] JsonElement SparseIndexes,
        [property: JsonPropertyName("quota_bytes"), Schema(NumberSchema)] JsonElement QuotaBytes);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}", HandleAsync)
        .WithName(nameof(UpdateNamespace))
        .WithSummary("Change an organization")
        .SpeaksJson(OrganizationsJson.Wire)
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:namespace:updateNamespace")
        .Audit("updateUserNamespace", "namespace")
        .FaultsAs(ImagesCodes.UpdateOrganizationFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.PermissionDenied,
            ImagesCodes.OperationDenied,
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.DescriptionTooLong,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.GetOrganizationPermissionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        Request request,
        Caller caller,
        OrganizationAccess access,
        OrganizationStore organizations,
        RegistryCache cache,
        CancellationToken cancellationToken)
    {
        var change = Read(request);
        var organization = await access.OpenForManagerAsync(@namespace, caller, cancellationToken);
        if (change.SetsQuota && !Rights.IsAdministrator(caller))
        {
            return new ApiException(ImagesCodes.OperationDenied, "only an administrator of the account may change quota_bytes");
        }

        var isThere = await organizations.UpdateAsync(organization.Id, change, cancellationToken);
        cache.Invalidate();
        return isThere
            ? TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
            : ImagesError.OrganizationNotFound(organization.Name);
    }

    private static OrganizationChange Read(Request request)
    {
        if (request is { Description: null, SparseIndexes.ValueKind: JsonValueKind.Undefined, QuotaBytes.ValueKind: JsonValueKind.Undefined })
        {
            throw ImagesError.RequiredParameterMissing("description, sparse_indexes or quota_bytes");
        }

        var sparse = request.SparseIndexes.ValueKind switch
        {
            JsonValueKind.Undefined => default(bool?),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw ImagesError.InvalidParameter("sparse_indexes is true or false"),
        };
        var quota = request.QuotaBytes.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => default(long?),
            JsonValueKind.Number when request.QuotaBytes.TryGetInt64(out var bytes) && bytes >= 0 => bytes,
            _ => throw ImagesError.InvalidParameter("quota_bytes is a whole number from 0, or null for the default"),
        };
        return new(RepositoryBody.ReadDescription(request.Description, MaxDescription), sparse, request.QuotaBytes.ValueKind is not JsonValueKind.Undefined, quota);
    }
}

/// <summary>What is changed of an organization; null leaves it.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="SparseIndexes">Whether an index may name manifests that are not there.</param>
/// <param name="SetsQuota">Whether the quota is changed.</param>
/// <param name="QuotaBytes">To which, 0 for none; null for the installation's default.</param>
internal sealed record OrganizationChange(string? Description, bool? SparseIndexes, bool SetsQuota, long? QuotaBytes);
