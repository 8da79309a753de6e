using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException AccessKeyMissing(string member) => new(ImagesCodes.AccessKeyEmpty, $"{member} is missing or empty");

    public static ApiException ServerMissing() => new(ImagesCodes.SwrServerMissing, "SWRServer is missing or empty");

    public static ApiException InvalidAccessKey() => new(ImagesCodes.InvalidAccessKey, "no active key of that name has that secret, or it is locked for this network");
}
