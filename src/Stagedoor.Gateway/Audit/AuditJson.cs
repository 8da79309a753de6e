using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Audit;

[JsonSerializable(typeof(ListAuditRecords.Response))]
internal sealed partial class AuditJson : JsonSerializerContext
{
    /// <summary>Names as the trace service spells them, with 组织 and quotes as they are.</summary>
    public static AuditJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.SnakeCaseLower));
}
