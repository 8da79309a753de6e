using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Catalog;
using Stagedoor.Images.Dockyard;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(NamespaceView))]
[JsonSerializable(typeof(DockyardShowNamespace.Response), TypeInfoPropertyName = "DockyardNamespaceResponse")]
[JsonSerializable(typeof(CreateNamespace.Request), TypeInfoPropertyName = "CreateNamespaceRequest")]
[JsonSerializable(typeof(ListNamespaces.Response), TypeInfoPropertyName = "ListNamespacesResponse")]
[JsonSerializable(typeof(IReadOnlyList<UserAuthRequest>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(ShowUserRepositoryAuth.Response), TypeInfoPropertyName = "ShowUserRepositoryAuthResponse")]
[JsonSerializable(typeof(ShowNamespaceAuth.Response), TypeInfoPropertyName = "ShowNamespaceAuthResponse")]
[JsonSerializable(typeof(ApiVersions.ListResponse))]
[JsonSerializable(typeof(ApiVersions.ShowResponse))]
[JsonSerializable(typeof(TokenEndpoint.Response), TypeInfoPropertyName = "TokenResponse")]
[JsonSerializable(typeof(TokenPayload))]
[JsonSerializable(typeof(ListImageTags.Response), TypeInfoPropertyName = "ListImageTagsResponse")]
[JsonSerializable(typeof(ListCatalog.Response), TypeInfoPropertyName = "ListCatalogResponse")]
[JsonSerializable(typeof(CreateRepo.Request), TypeInfoPropertyName = "CreateRepoRequest")]
[JsonSerializable(typeof(UpdateRepo.Request), TypeInfoPropertyName = "UpdateRepoRequest")]
[JsonSerializable(typeof(RepositoryView))]
[JsonSerializable(typeof(IReadOnlyList<RepositoryListItem>))]
[JsonSerializable(typeof(ListRepoDetails.Response), TypeInfoPropertyName = "ListRepoDetailsResponse")]
internal sealed partial class ImagesJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire: <c>can't</c> and 组织 stay as they are.</summary>
    public static ImagesJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
