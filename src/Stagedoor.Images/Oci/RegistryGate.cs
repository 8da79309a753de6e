using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Traffic;

namespace Stagedoor.Images.Oci;

/// <summary>What every operation of the registry begins with: its path is read, and who asks is known.</summary>
internal sealed class RegistryGate(
    RegistryAuthenticator authenticator, RegistryAccess access, TrafficGate traffic, TimeProvider clock, IOptions<ImagesOptions> options)
{
    /// <summary>Who asks, when it is known without waiting for anything and nothing more has to be looked at.</summary>
    public RegistryIdentity? FindKnown(HttpContext context) => traffic.LooksAtCallers ? null : authenticator.FindKnown(context);

    /// <exception cref="ApiException">There are no credentials, or they are no good.</exception>
    public async ValueTask<(RegistryPath Path, RegistryIdentity Identity)> OpenAsync(HttpContext context)
    {
        var method = context.Request.Method;
        var isPush = HttpMethods.IsPost(method) || HttpMethods.IsPatch(method) || HttpMethods.IsPut(method);
        if (isPush)
        {
            PatientBody.Give(context, clock, options.Value.MaxBodyPauseSeconds);
        }

        var path = RegistryPath.Parse(context.Request.Path.Value!);
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var lookedAt = clock.GetTimestamp();
        var identity = await authenticator.RequireAsync(context);
        // For the records of the gateway, which has not looked at a login.
        slot.Found = identity.Caller;
        traffic.Admit(context, identity.Caller);
        if (isPush)
        {
            (slot.LookedAt, slot.LookAgain) = (lookedAt, () => LookAgainAsync(context, path));
        }

        return (path, identity);
    }

    private async ValueTask LookAgainAsync(HttpContext context, RegistryPath path)
    {
        var identity = await authenticator.RequireAgainAsync(context);
        await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.GetPermissionFailed);
    }
}
