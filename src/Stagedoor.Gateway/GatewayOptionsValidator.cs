using Microsoft.Extensions.Options;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Identity;

namespace Stagedoor.Gateway;

[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;

/// <summary>The rules that take more than one value, or a parser.</summary>
internal sealed class GatewayOptionsRules : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var failures = new ValidateOptionsResultBuilder();
        foreach (var problem in AddressList.FindProblems("Gateway:TrustedProxies", options.TrustedProxies))
        {
            failures.AddError(problem);
        }

        if (options.ExternalUrl is { } url
            && (!Uri.TryCreate(url, UriKind.Absolute, out var address)
                || address.Scheme is not ("http" or "https")
                || address.AbsolutePath is not "/"
                || address.Query.Length > 0
                // It goes out to everybody, with the first refusal.
                || address.UserInfo.Length > 0))
        {
            failures.AddError($"ExternalUrl is '{MaskedText.Of(url)}'; it is http:// or https:// with a host, no user and no path, since clients drop a path.");
        }

        for (var i = 0; i < options.CorsOrigins.Count; i++)
        {
            if (!CrossOrigin.IsOrigin(options.CorsOrigins[i]) || (options.CorsOrigins[i] is "*" && options.CorsOrigins.Count > 1))
            {
                failures.AddError(
                    $"Gateway:CorsOrigins:{i} is '{MaskedText.Of(options.CorsOrigins[i])}'; it is http:// or https:// with a host and perhaps a port, without a slash at the end, or '*' alone.");
            }
        }

        for (var i = 0; i < options.EncodedSlashPrefixes.Count; i++)
        {
            if (!options.EncodedSlashPrefixes[i].StartsWith('/'))
            {
                failures.AddError($"Gateway:EncodedSlashPrefixes:{i} is '{options.EncodedSlashPrefixes[i]}'; it begins with '/'.");
            }
        }

        foreach (var twice in options.Routes.CountBy(r => r.Prefix.TrimEnd('/'), StringComparer.Ordinal).Where(c => c.Value > 1))
        {
            failures.AddError($"Gateway:Routes names the prefix '{twice.Key}' {twice.Value} times; name it once.");
        }

        return failures.Build();
    }
}
