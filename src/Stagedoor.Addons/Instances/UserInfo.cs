using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Instances;

/// <summary>
/// Who asks, as identity management says it this moment. The gateway lets callers in on what it knew a moment ago, up to a minute while the directory does not
/// answer; what changes clusters is done for a user that there is, and told under the name that the user has.
/// </summary>
internal static class UserInfo
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>The operation asks for the user before everything else.</summary>
    public static T AsksUser<T>(this T builder)
        where T : IEndpointConventionBuilder
    {
        // Outermost, since it comes before the body and before roles.
        builder.Finally(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async context =>
            {
                context.Features.Set(new AskingUser(await FindNameAsync(context)));
                await next(context);
            };
        });
        return builder.CanFail(AddonsCodes.GetUserFailed);
    }

    /// <summary>The name of the user who asks.</summary>
    public static string UserName(this HttpContext context) => context.Features.GetRequiredFeature<AskingUser>().Name;

    private static async Task<string> FindNameAsync(HttpContext context)
    {
        var caller = context.RequestServices.GetRequiredService<CallerSlot>().Require();
        var users = context.RequestServices.GetRequiredService<IAccountUsers>();
        try
        {
            return await users.FindNameAsync(caller.UserId, caller.DomainId, context.RequestAborted)
                    .WaitAsync(s_patience, context.RequestServices.GetRequiredService<TimeProvider>(), context.RequestAborted)
                ?? throw new ApiException(AddonsCodes.GetUserFailed, $"the user {caller.UserId} does not exist any more");
        }
        catch (StorageException e)
        {
            throw new ApiException(AddonsCodes.GetUserFailed, "identity management does not answer", e);
        }
        catch (TimeoutException e)
        {
            throw new ApiException(AddonsCodes.GetUserFailed, $"identity management did not answer within {s_patience.TotalSeconds:0} seconds", e);
        }
    }

    private sealed record AskingUser(string Name);
}
