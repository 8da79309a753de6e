using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Requests;

/// <summary>What every request to the management API passes before its parameters are looked at, in the order that decides between two errors.</summary>
internal static class ManageGate
{
    private const long MaxBodyBytes = 1024 * 1024;

    /// <summary>Puts the gate before the operations of a group.</summary>
    public static T Guard<T>(this T group)
        where T : IEndpointConventionBuilder
    {
        // Around the endpoint's delegate, since a filter runs only after the body was read and bound.
        group.Add(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context =>
            {
                Check(context);
                return next(context);
            };
        });
        return group
            .BadRequestAs(ImagesCodes.InvalidParameter, tooLarge: ImagesCodes.BodyTooLarge, wrongType: ImagesCodes.InvalidBodyType)
            .CanFail(
                ImagesCodes.TokenMissing,
                ImagesCodes.AuthenticationFailed,
                ImagesCodes.InvalidBodyType,
                ImagesCodes.BodyTooLarge,
                ImagesCodes.UndecodableQuery);
    }

    private static void Check(HttpContext context)
    {
        var request = context.Request;
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (slot.Caller is null)
        {
            throw slot.Refusal is { } reason ? ImagesError.AuthenticationFailed(reason) : ImagesError.TokenMissing();
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false)
        {
            CheckBody(context);
        }

        if (!IsDecodable(request.QueryString.Value))
        {
            throw ImagesError.UndecodableQuery(request.QueryString.Value!);
        }
    }

    private static void CheckBody(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentType is null)
        {
            request.ContentType = "application/json";
        }
        else if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            throw ImagesError.InvalidBodyType(request.ContentType);
        }

        if (request.ContentLength > MaxBodyBytes)
        {
            throw ImagesError.BodyTooLarge(MaxBodyBytes);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }
    }

    /// <summary>Whether every escape is two hex digits and the bytes are UTF-8. The framework would pass both through as they are.</summary>
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

        return System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length));
    }
}
