using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException ImageResourceNotFound(string organization, string repository) =>
        new(ImagesCodes.ImageResourceNotFound, $"namespace={organization}, repository={repository}: there is no public repository of that name");

    public static ApiException HubTagNotFound(string organization, string repository, string tag) =>
        new(ImagesCodes.HubTagNotFound, $"namespace={organization}, repository={repository}, tag={tag}");

    public static ApiException ImageListNotFound(string list) => new(ImagesCodes.ImageListNotFound, $"list={Text.Cut(Text.Repair(list), 64)}");

    public static ApiException SearchInputMissing() => new(ImagesCodes.SearchInputMissing, "q is missing or blank");

    public static ApiException InvalidSearchType(string type) => new(ImagesCodes.InvalidTypeFilter, $"type={Text.Cut(Text.Repair(type), 32)}; app, image or empty");
}
