using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.PageUploads;

/// <summary>The coarse question before an upload is looked at: whether there is any place to which the caller could upload.</summary>
internal static class UploadRight
{
    /// <exception cref="ApiException">The caller may edit no organization at all.</exception>
    public static async Task RequireEditSomewhereAsync(this AccessStore grants, Caller caller, CancellationToken cancellationToken)
    {
        if (!Rights.IsAdministrator(caller)
            && !await grants.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed))
        {
            throw ImagesError.NoOrganizationEditable("images are uploaded to organizations");
        }
    }
}
