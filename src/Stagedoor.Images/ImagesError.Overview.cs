using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images;

internal static partial class ImagesError
{
    public static ApiException AgencyExists(string domainName) => new(ImagesCodes.PermissionExists, $"domain_name={domainName}: the service may act for it already");
}
