using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Sharing;
using Stagedoor.Images.Tags;
using Stagedoor.Images.Traffic;
using Stagedoor.Images.Triggers;

namespace Stagedoor.Images.Requests;

/// <summary>What every request to the management API passes before its parameters are looked at, in the order that decides between two errors.</summary>
internal static class ManageGate
{
    private const long MaxBodyBytes = 1024 * 1024;

    /// <summary>Puts the gate before the operations of a group.</summary>
    public static T Guard<T>(this T group)
        where T : IEndpointConventionBuilder => group
        .Before(Check)
        .BadRequestAs(ImagesCodes.InvalidParameter, tooLarge: ImagesCodes.BodyTooLarge, wrongType: ImagesCodes.InvalidBodyType)
        .CanFail(
            ImagesCodes.TokenMissing,
            ImagesCodes.AuthenticationFailed,
            ImagesCodes.RequestUnavailable,
            ImagesCodes.TooManyRequests,
            ImagesCodes.InvalidBodyType,
            ImagesCodes.BodyTooLarge,
            ImagesCodes.UndecodableQuery);

    /// <summary>The operation takes a form with files, and says itself how large one may be.</summary>
    public static T TakesForm<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.ReadsForm().CanFail(ImagesCodes.NotMultipart);

    /// <summary>The same as <see cref="Guard"/>, for operations that take the registry's logins beside the gateway's credentials.</summary>
    public static T GuardLogins<T>(this T group)
        where T : IEndpointConventionBuilder
    {
        // What is added first is nearer to the operation.
        group.Guard().Add(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async context =>
            {
                var services = context.RequestServices;
                var (slot, authenticator) = (services.GetRequiredService<CallerSlot>(), services.GetRequiredService<RegistryAuthenticator>());
                slot.LookedAt = services.GetRequiredService<TimeProvider>().GetTimestamp();
                slot.Caller = await authenticator.FindCallerAsync(context);
                slot.LookAgain = async () => slot.Caller = await authenticator.FindCallerAgainAsync(context);
                if (context.CanHaveBody())
                {
                    context.Request.Body = new LateBodyStream(context, context.Request.Body);
                }

                await next(context);
            };
        });
        return group.CanFail(ImagesCodes.CheckOrganizationFailed);
    }

    private static void Check(HttpContext context)
    {
        var request = context.Request;
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (slot.Caller is null)
        {
            throw slot.Refusal is { } reason ? ImagesError.AuthenticationFailed(reason) : ImagesError.TokenMissing();
        }

        context.RequestServices.GetRequiredService<TrafficGate>().Admit(context, slot.Caller);
        if (context.GetEndpoint().TakesForm())
        {
            if (!context.Request.IsOfType("multipart/form-data"))
            {
                throw ImagesError.NotMultipart(context.Request.ContentType);
            }
        }
        else if (context.CanHaveBody())
        {
            CheckBody(context);
        }

        if (!IsDecodable(request.QueryString.Value))
        {
            throw ImagesError.UndecodableQuery(request.QueryString.Value!);
        }

        CheckNames(request.RouteValues);
    }

    // The names that paths of all subjects have in common, before queries and bodies are looked at.
    private static void CheckNames(RouteValueDictionary values)
    {
        if (values.TryGetValue("namespace", out var organization) && !Organization.IsValidName(organization as string))
        {
            throw ImagesError.InvalidOrganizationName(organization as string);
        }

        if (values.TryGetValue(RepositoryPaths.Parameter, out var repository))
        {
            var name = RepositoryPaths.Decode(repository as string ?? "");
            values[RepositoryPaths.Parameter] = RepositoryName.IsValidRepository(name) ? name : throw ImagesError.InvalidRepositoryName(name);
        }

        if (values.TryGetValue(AccountName.Parameter, out var account) && !AccountName.IsValid(account as string))
        {
            throw ImagesError.InvalidAccessDomain($"{AccountName.Parameter} is 1-64 of letters, digits, '_' and '-'");
        }

        if (values.TryGetValue(TriggerName.Parameter, out var trigger))
        {
            TriggerBody.CheckName(trigger as string);
        }

        if (values.TryGetValue("tag", out var tag) && !TagName.IsValid(tag as string))
        {
            throw ImagesError.InvalidTag(tag as string);
        }
    }

    /// <summary>Refuses a body that is not JSON, or too large.</summary>
    internal static void CheckBody(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentType is null)
        {
            request.ContentType = "application/json";
        }
        else if (!request.IsOfType("application/json"))
        {
            throw ImagesError.InvalidBodyType(request.ContentType);
        }

        if (!context.TryLimitBody(MaxBodyBytes))
        {
            throw ImagesError.BodyTooLarge(MaxBodyBytes);
        }
    }

    /// <summary>Whether every escape is two hex digits and the bytes are UTF-8 text. The framework would pass both through as they are.</summary>
    internal static bool IsDecodable(string? query)
    {
        if (query is null || !query.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        var bytes = new byte[query.Length];
        var length = 0;
        for (var i = 0; i < query.Length; i++)
        {
            if (query[i] != '%')
            {
                bytes[length++] = query[i] < 0x80 ? (byte)query[i] : (byte)'?';
            }
            else if (i + 2 < query.Length && char.IsAsciiHexDigit(query[i + 1]) && char.IsAsciiHexDigit(query[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(query.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                return false;
            }
        }

        var decoded = bytes.AsSpan(0, length);
        // NUL is text to us but not to PostgreSQL, where it would be a fault and not the caller's mistake.
        return System.Text.Unicode.Utf8.IsValid(decoded) && !decoded.Contains((byte)0);
    }
}
