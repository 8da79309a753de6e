using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Where webhooks may lead: to the public internet, and to what <c>Images:Triggers:AllowedNetworks</c> names.</summary>
internal sealed class WebhookNetworks(NameLookup names, IOptions<TriggerOptions> options) : NetworkGuard(names, options.Value.AllowedNetworks, NetworkReach.Public);
