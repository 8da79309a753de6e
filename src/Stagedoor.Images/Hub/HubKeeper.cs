using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Hub;

/// <summary>Who keeps the lists of the image center.</summary>
internal static class HubKeeper
{
    /// <summary>The codes that <see cref="CheckAsync"/> refuses with.</summary>
    public static ErrorDefinition[] Refusals => [ImagesCodes.OperationDenied, ImagesCodes.GetUserListFailed];

    /// <summary>Looks whether the caller administers the operator's account.</summary>
    /// <exception cref="ApiException">It does not.</exception>
    public static async Task CheckAsync(this IOperatorAccount accounts, Caller caller, CancellationToken cancellationToken)
    {
        if (!Rights.IsAdministrator(caller) || !await accounts.IsOperatorAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed))
        {
            throw new ApiException(ImagesCodes.OperationDenied, "only an administrator of the operator's account, the first of the installation, keeps the lists");
        }
    }
}
