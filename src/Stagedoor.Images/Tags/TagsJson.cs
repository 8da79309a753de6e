using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Tags;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(IReadOnlyList<TagItem>))]
[JsonSerializable(typeof(TagView))]
[JsonSerializable(typeof(CreateRepoTag.Request), TypeInfoPropertyName = "CreateRepoTagRequest")]
[JsonSerializable(typeof(ListRepositoryTag.Response), TypeInfoPropertyName = "ListRepositoryTagResponse")]
[JsonSerializable(typeof(ListRepoAccessories.Response), TypeInfoPropertyName = "ListRepoAccessoriesResponse")]
[JsonSerializable(typeof(ListReferences.Response), TypeInfoPropertyName = "ListReferencesResponse")]
[JsonSerializable(typeof(Repositories.ShowRepositorySettings.Response), TypeInfoPropertyName = "ShowRepositorySettingsResponse")]
internal sealed partial class TagsJson : JsonSerializerContext
{
    /// <inheritdoc cref="ImagesJson.Wire"/>
    public static TagsJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
