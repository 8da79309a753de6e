using System.Globalization;
using System.Text.Json.Nodes;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary>The errors of an operation, as its document shows them: each code with its text, shape and an example that the catalogue makes.</summary>
internal sealed class OpenApiErrors(OpenApiSchemas schemas, bool hasAliases)
{
    // What the gateway can refuse of any route, or fail with.
    private static readonly HashSet<int> s_ofTheGateway = [.. GatewayCodes.All.Select(static e => e.Status)];

    /// <summary>Adds what the route can answer, by status, and <c>default</c> for what any route can.</summary>
    public void Add(JsonObject responses, EndpointMetadataCollection route, bool hasBody)
    {
        var rows = route.GetOrderedMetadata<ErrorsMetadata>().SelectMany(static m => m.Errors).Distinct().ToList();
        var own = route.GetMetadata<EnvelopeMetadata>()?.Envelope;
        var also = route.GetOrderedMetadata<AlsoEnvelopeMetadata>().Select(static m => m.Envelope).ToList();
        foreach (var status in rows.GroupBy(static e => e.Status).OrderBy(static g => g.Key))
        {
            var shapes = status.Select(e => ErrorWriter.ShapeOf(e, own ?? e.Envelope)).Concat(also).ToList();
            var response = new JsonObject { ["description"] = string.Join('\n', status.Select(static e => $"- [{e.Code}](/errors/{e.Code}): {e.Message}")) };
            if (hasBody)
            {
                response["content"] = Content(s_ofTheGateway.Contains(status.Key) ? [.. shapes, Of(Envelope.Gateway, own)] : shapes, status, own);
            }

            var key = status.Key.ToString(CultureInfo.InvariantCulture);
            if (responses[key] is JsonObject answer)
            {
                // An answer that is no error has the same status, or a refusal in the form of another protocol, which has the code in a header alone.
                response["description"] = $"{answer["description"]!.GetValue<string>()}\n{response["description"]!.GetValue<string>()}";
                foreach (var (type, media) in answer["content"] as JsonObject ?? [])
                {
                    (response["content"] ??= new JsonObject())[type] = media?.DeepClone();
                }
            }

            responses[key] = response;
        }

        var rest = new JsonObject { ["description"] = "Any other error. [All codes](/errors)." };
        if (hasBody)
        {
            rest["content"] = Content([.. rows.Select(e => ErrorWriter.ShapeOf(e, own ?? e.Envelope)), .. also, Of(Envelope.Gateway, own)], [], own);
        }

        responses["default"] = rest;
    }

    private static Envelope Of(Envelope envelope, Envelope? own) => own is Envelope.Oci ? Envelope.Oci : envelope;

    private JsonObject Content(IEnumerable<Envelope> shapes, IEnumerable<ErrorDefinition> rows, Envelope? own)
    {
        var all = shapes.Distinct().Order().Select(e => schemas.Add(ErrorBodySchema.NameOf(e), () => ErrorBodySchema.Of(e))).ToList();
        var media = new JsonObject { ["schema"] = all is [var only] ? only : new JsonObject { ["anyOf"] = new JsonArray([.. all]) } };
        var examples = new JsonObject();
        foreach (var row in rows)
        {
            // IAM says several things with one code.
            var name = examples.ContainsKey(row.Code) ? $"{row.Code} {row.Message}" : row.Code;
            examples[name] = new JsonObject
            {
                ["summary"] = row.English.Meaning,
                ["value"] = JsonNode.Parse(ErrorBody.Of(row, ErrorWriter.ShapeOf(row, own ?? row.Envelope), Details).Span),
            };
        }

        if (examples.Count > 0)
        {
            media["examples"] = examples;
        }

        return new() { ["application/json"] = media };
    }

    private ErrorDetails Details => new() { RequestId = "0123456789abcdef0123456789abcdef", Address = OpenApiDocuments.AddressMark, HasAliases = hasAliases };
}
