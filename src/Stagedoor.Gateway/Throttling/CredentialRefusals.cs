using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Gateway.Throttling;

/// <summary>One count for all routes whose services look at credentials themselves: there is no more to try at many doors than at one.</summary>
internal sealed class CredentialRefusals(IOptions<GatewayOptions> options, TimeProvider clock) : ICredentialRefusals
{
    private readonly RateWindows<ClientNetwork>? _networks = options.Value.RefusalsPerSecondPerAddress > 0 ? new(options.Value.RefusalsPerSecondPerAddress) : null;

    public ApiException? Count(HttpContext context) =>
        _networks is not null && _networks.Take(ClientNetwork.Of(context.Connection.RemoteIpAddress), clock.GetUtcNow().ToUnixTimeSeconds()) < 0
            ? Throttle.Refuse(context, "ip", _networks.Limit, "Gateway:RefusalsPerSecondPerAddress")
            : null;
}
