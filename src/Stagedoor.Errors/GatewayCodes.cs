namespace Stagedoor.Errors;
public static class GatewayCodes
{
    private static readonly ErrorTable s_table = new("APIGW.", Envelope.Gateway, "gateway", "x");
    private static ErrorDefinition A(int s, string n, string m) => s_table.Add(s, n, m, new("",""), new("",""), "");
    public static readonly ErrorDefinition ApiNotFound = A(404, "0101", "The API does not exist or has not been published in the environment.");
    public static readonly ErrorDefinition MethodNotFound = A(404, "0101", "The API does not exist.");
    public static readonly ErrorDefinition BadRequest = A(400, "0201", "API request error.");
    public static readonly ErrorDefinition BodyTooLarge = A(413, "0201", "Request entity too large.");
    public static readonly ErrorDefinition Internal = A(500, "0601", "Internal server error.");
}
