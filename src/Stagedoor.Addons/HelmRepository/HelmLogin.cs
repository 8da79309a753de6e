using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.HelmRepository;

/// <summary>Lets clients of Helm in: they send a user name and a password, which are those of the image registry. Tokens and signatures are as good.</summary>
internal static class HelmLogin
{
    private const string Basic = "Basic ";
    private const int MaxLogin = 2048;

    /// <summary>Puts the login before the operations of a group, which are those of one project.</summary>
    public static T TakesLogins<T>(this T group)
        where T : IEndpointConventionBuilder
    {
        group.Guard();

        // Added last, so that it runs first.
        group.Add(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async context =>
            {
                var slot = context.RequestServices.GetRequiredService<CallerSlot>();
                slot.Caller = await FindAsync(context, slot);
                if (context.Request.RouteValues["project"] is string project && !slot.Caller.ActsIn(project))
                {
                    throw AddonsError.OtherProject();
                }

                await next(context);
            };
        });
        return group.Authenticate(AuthMode.Passthrough).Takes(ApiCredential.Basic, ApiCredential.Token, ApiCredential.Signature).CanFail(AddonsCodes.Unauthorized);
    }

    private static async ValueTask<Caller> FindAsync(HttpContext context, CallerSlot slot)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return slot.Caller ?? throw AddonsError.Unauthorized(slot.Refusal ?? "log in with {project}@{access key} and its login key, as at the image registry");
        }

        var logins = context.RequestServices.GetRequiredService<IRegistryLogins>();
        return Read(header.AsSpan(Basic.Length).Trim(' ')) is var (user, password)
            && await logins.FindCallerAsync(user, password, context.Connection.RemoteIpAddress, context.RequestAborted) is { } caller
            ? caller
            : throw AddonsError.Unauthorized("the user name is {project}@{access key} and the password its login key, as at the image registry");
    }

    private static (string User, string Password)? Read(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[MaxLogin];
        if (text.Length > MaxLogin || !Convert.TryFromBase64Chars(text, bytes, out var length))
        {
            return null;
        }

        var login = Encoding.UTF8.GetString(bytes[..length]);
        var colon = login.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || !Text.IsStorable(login) ? null : (login[..colon], login[(colon + 1)..]);
    }
}
