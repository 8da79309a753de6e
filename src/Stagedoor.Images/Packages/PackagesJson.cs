using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Empty))]
[JsonSerializable(typeof(CreatePackageRepository.Request), TypeInfoPropertyName = "CreatePackageRepositoryRequest")]
[JsonSerializable(typeof(UpdatePackageRepository.Request), TypeInfoPropertyName = "UpdatePackageRepositoryRequest")]
[JsonSerializable(typeof(CreatePackage.Request), TypeInfoPropertyName = "CreatePackageRequest")]
[JsonSerializable(typeof(UpdatePackage.Request), TypeInfoPropertyName = "UpdatePackageRequest")]
[JsonSerializable(typeof(CreatePackageVersion.Request), TypeInfoPropertyName = "CreatePackageVersionRequest")]
[JsonSerializable(typeof(UpdatePackageVersion.Request), TypeInfoPropertyName = "UpdatePackageVersionRequest")]
[JsonSerializable(typeof(PackageRepositoryView))]
[JsonSerializable(typeof(IReadOnlyList<PackageRepositoryView>))]
[JsonSerializable(typeof(PackageView))]
[JsonSerializable(typeof(IReadOnlyList<PackageView>))]
[JsonSerializable(typeof(PackageVersionView))]
[JsonSerializable(typeof(IReadOnlyList<PackageVersionView>))]
[JsonSerializable(typeof(PackageFileView))]
[JsonSerializable(typeof(IReadOnlyList<PackageFileView>))]
[JsonSerializable(typeof(PackageSignatureView))]
internal sealed partial class PackagesJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire.</summary>
    public static PackagesJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower, withNulls: true));
}
