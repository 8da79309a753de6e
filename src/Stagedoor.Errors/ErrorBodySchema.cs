using System.Text.Json.Nodes;

namespace Stagedoor.Errors;

/// <summary>The JSON schemas of what <see cref="ErrorBody"/> writes.</summary>
public static class ErrorBodySchema
{
    private static readonly string[] s_addonTexts = ["error_code", "error_msg", "message", "kind", "apiVersion", "status", "errorCode", "errorMessage", "reason"];

    /// <summary>What the schema is called in documents, for example <c>IamError</c>.</summary>
    public static string NameOf(Envelope envelope) => envelope switch
    {
        Envelope.Gateway => "GatewayError",
        Envelope.Iam => "IamError",
        Envelope.Images => "ImagesError",
        Envelope.Oci => "OciError",
        Envelope.Registry => "RegistryError",
        Envelope.Dashboard => "DashboardError",
        Envelope.Tracing => "TracingError",
        Envelope.Addons => "AddonsError",
        _ => throw new ArgumentOutOfRangeException(nameof(envelope), envelope, "An envelope without a shape."),
    };

    /// <summary>The schema of an error in this envelope.</summary>
    public static JsonObject Of(Envelope envelope) => envelope switch
    {
        Envelope.Gateway => Texts("An error of the gateway itself.", ["error_msg", "error_code", "request_id"]),
        Envelope.Iam => Object("An error of IAM.", required: ["error", "error_code", "error_msg"], members:
        [
            ("error", Object(null, required: ["code", "message", "title"], members: [("code", Type("integer")), ("message", Type("string")), ("title", Type("string"))])),
            ("error_code", Type("string")),
            ("error_msg", Type("string")),
        ]),
        Envelope.Images => new()
        {
            ["description"] = "An error of the software repository: an array of one. With the header X-Stagedoor-Error-Shape: object it is an object that holds that array.",
            ["anyOf"] = new JsonArray(ImagesList(), Object(null, required: ["error_code", "error_msg", "request_id", "errors"], members:
            [
                ("error_code", Type("string")), ("error_msg", Type("string")), ("request_id", Type("string")), ("errors", ImagesList()),
            ])),
        },
        Envelope.Oci => Object("An error of the registry, in the shape of the OCI distribution specification.", required: ["errors"], members:
        [
            ("errors", List(Object(null, required: ["code", "message", "detail"], members:
            [
                ("code", Type("string")),
                ("message", Type("string")),
                ("detail", Open(Texts(null, ["errorCode", "errorMessage"]))),
            ]))),
        ]),
        Envelope.Registry => Texts(
            "An error of the microservice registry.", ["errCode", "errMsg", "detail", "errorCode", "errorMessage"], ["error_code", "error_msg"]),
        Envelope.Dashboard => Texts("An error of the dashboard.", ["error_code", "error_message", "detail"], ["error_msg"]),
        Envelope.Tracing => Texts("An error of the trace service.", ["errorCode", "errorMessage"], ["error_code", "error_msg"]),
        Envelope.Addons => Object(
            "An error of the add-on manager. The members after the third are those of the dialect cce-v3 (header X-Stagedoor-Dialect).",
            required: ["error_code", "error_msg", "message"],
            members:
            [
                .. s_addonTexts.Select(static n => (n, Type("string"))),
                ("code", Type("integer")),
                ("metadata", Type("object")),
                ("error", Object(null, required: ["code", "message"], members: [("code", Type("string")), ("message", Type("string"))])),
            ]),
        _ => throw new ArgumentOutOfRangeException(nameof(envelope), envelope, "An envelope without a shape."),
    };

    private static JsonObject ImagesList() => List(Texts(null, ["errorCode", "errorMessage", "detail"]));

    private static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject Type(string name) => new() { ["type"] = name };

    // Facts of the occurrence stand beside.
    private static JsonObject Open(JsonObject schema)
    {
        schema["additionalProperties"] = Type("string");
        return schema;
    }

    private static JsonObject Texts(string? description, IReadOnlyList<string> names, IReadOnlyList<string>? aliases = null) =>
        Object(description, names, [.. names.Concat(aliases ?? []).Select(static n => (n, Type("string")))]);

    private static JsonObject Object(string? description, IReadOnlyList<string> required, IReadOnlyList<(string Name, JsonObject Schema)> members)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (description is not null)
        {
            schema["description"] = description;
        }

        schema["properties"] = new JsonObject(members.Select(static m => KeyValuePair.Create(m.Name, (JsonNode?)m.Schema)));
        schema["required"] = new JsonArray([.. required.Select(static n => (JsonNode)n)]);
        return schema;
    }
}
