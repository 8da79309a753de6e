using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException InvalidAccessDomain(string detail) => new(ImagesCodes.InvalidDomain, detail);

    public static ApiException InvalidPermit() => new(ImagesCodes.InvalidPermission, "permit is read: another account can do no more");
}
