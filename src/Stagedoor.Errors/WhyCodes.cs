namespace Stagedoor.Errors;

/// <summary>The codes of the explanations of refused requests.</summary>
public static class WhyCodes
{
    private static readonly ErrorTable s_table = new("STAGEDOOR.", Envelope.Gateway, "gateway", "Stagedoor's own");

    /// <summary>Every row.</summary>
    public static IReadOnlyCollection<ErrorDefinition> All => s_table.Rows;

    public static readonly ErrorDefinition NotKnown = s_table.Add(
        404, "4040001", "No refused request of this id is known.",
        en: new(
            "Nothing is kept of a refused request with this id in your account: the id is another one, the request was not refused, it was another account's, or it is older than is kept.",
            "Take the id from X-Request-Id of the refused answer, and ask with a credential of the account that made the request; the setting Why:KeepDays says how long refusals are kept, Why:MaxPerAccount how many of an account, " +
            "and of many of one kind in a minute only the first are."),
        zh: new(
            "您的账号下没有保存该 ID 的被拒绝请求：ID 有误、请求未被拒绝、请求属于其他账号，或已超过保存期限。",
            "请使用被拒绝响应中 X-Request-Id 的值，并以发出该请求的账号的凭据查询；保存天数由 Why:KeepDays 设置，每个账号的保存条数由 Why:MaxPerAccount 设置，同类请求一分钟内只保存最初的若干条。"),
        provoke: "GET /v1/why/00000000000000000000000000000001.",
        provokeChinese: "请求 GET /v1/why/00000000000000000000000000000001。");
}
