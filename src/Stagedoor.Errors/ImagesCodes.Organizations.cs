namespace Stagedoor.Errors;

// Organizations (namespaces) and the grants on them.
public static partial class ImagesCodes
{
    public static readonly ErrorDefinition InvalidOrganizationName = Tables.Swr.Add(
        400, "4001028", "Invalid organization name.",
        en: new(
            "The organization name breaks the naming rule or is one of the reserved names manage, s2i, domains and library.",
            "Use 1 to 64 characters: a lower-case letter first, then lower-case letters and digits, and between them one dot, one or two " +
            "underscores or any number of hyphens, never two kinds side by side; a letter or digit at the end."),
        zh: new(
            "组织名称不符合命名规则，或为保留名 manage、s2i、domains、library。",
            "请使用 1 到 64 个字符：以小写字母开头，其后为小写字母和数字，其间可用一个点、一到两个下划线或任意个中划线，不同的分隔符不能相邻；以字母或数字结尾。"),
        provoke: "Create an organization named A.",
        provokeChinese: "创建名为 A 的组织。");

    public static readonly ErrorDefinition OrganizationNotFound = Tables.Swr.Add(
        404, "4040058", "The organization does not exist.",
        en: new(
            "The management API knows no organization of this name, in any account of this installation.",
            "List those you may see with GET /v2/manage/namespaces?filter=mode::visible; names are exact, so look for a repository " +
            "name that slipped into the place of the organization."),
        zh: new(
            "管理接口在本系统的任何账号下都找不到该名称的组织。",
            "请用 GET /v2/manage/namespaces?filter=mode::visible 列出可见的组织；名称须完全一致，请检查是否把镜像名填到了组织的位置。"),
        provoke: "GET /v2/manage/namespaces/{name} with an unknown name.",
        provokeChinese: "用未知的名称 GET /v2/manage/namespaces/{name}。");

    public static readonly ErrorDefinition OrganizationExists = Tables.Swr.Add(
        409, "4090060", "The organization already exists.",
        en: new(
            "Someone already has an organization of this name; names are unique in the whole installation, not per account.",
            "If GET /v2/manage/namespaces lists it, it is yours and there is nothing to do; otherwise choose another name, for " +
            "example with your team's prefix."),
        zh: new(
            "该名称的组织已经存在；组织名在整个系统内唯一，而不是按账号唯一。",
            "如果 GET /v2/manage/namespaces 中有它，说明已属于您，无需再建；否则请换一个名称，例如加上团队前缀。"),
        provoke: "Create the same organization twice.",
        provokeChinese: "创建同一组织两次。");

    public static readonly ErrorDefinition OrganizationQuotaExceeded = Tables.Swr.Add(
        400, "4000097", "The quota of organizations has been exceeded.",
        en: new(
            "The account owns as many organizations as it may; a push that would have created one on the fly is refused the same way.",
            "List what there is with GET /v2/manage/namespaces and delete an empty organization. Operator: " +
            "Images:MaxOrganizationsPerAccount sets the limit."),
        zh: new(
            "账号拥有的组织数已达限额；推送时自动创建组织也会因此被拒绝。",
            "请用 GET /v2/manage/namespaces 列出现有组织，并删除不用的空组织。运维：上限由 " +
            "Images:MaxOrganizationsPerAccount 设置。"),
        provoke: "Set Images:MaxOrganizationsPerAccount to 1 and create two organizations.",
        provokeChinese: "将 Images:MaxOrganizationsPerAccount 设为 1，然后创建两个组织。");

    public static readonly ErrorDefinition OrganizationNotEmpty = Tables.Swr.Add(
        406, "4060074", "The organization cannot be deleted because it still contains images.",
        en: new(
            "An organization can only be deleted when it has no repository, not even one without a tag, and it still has.",
            "Delete its repositories with DELETE /v2/manage/namespaces/{namespace}/repos/{repository}: the detail names one of them, and the next call " +
            "another. A repository goes when it has no tags; its tags go with DELETE /v2/{name}/manifests/{tag}."),
        zh: new(
            "组织中没有任何镜像仓库（包括没有版本的仓库）时才能删除该组织，而其中仍有仓库。",
            "请用 DELETE /v2/manage/namespaces/{namespace}/repos/{repository} 删除其中的仓库：detail 中写明其中一个，再次调用会给出下一个。" +
            "仓库没有版本时才能删除；版本用 DELETE /v2/{name}/manifests/{tag} 删除。"),
        provoke: "Delete an organization into which an image was pushed.",
        provokeChinese: "删除已推送过镜像的组织。");

    public static readonly ErrorDefinition GetOrganizationFailed = Tables.Swr.Add(
        500, "5000057", "Internal server error: failed to get the organization.",
        en: new(
            "A management call had to look up an organization, and the database did not answer.",
            "Nothing was changed. Since almost every management call begins with this read, see whether the database runs and accepts " +
            "connections before anything else."),
        zh: new(
            "管理接口需要查询组织，而数据库没有应答。",
            "没有任何内容被修改。几乎所有管理接口都从这一查询开始，请首先确认数据库是否运行并接受连接。"),
        provoke: "Make the table of organizations unreadable and get one.",
        provokeChinese: "使组织表不可读，然后获取组织。");

    public static readonly ErrorDefinition CreateOrganizationFailed = Tables.Swr.Add(
        500, "5000059", "Internal server error: failed to create the organization.",
        en: new(
            "The organization and its creator's grant could not be written; the two are stored together or not at all.",
            "The name is still free, so create it again; check free space on the database's disk and whether the database has become " +
            "read-only."),
        zh: new(
            "组织及其创建者的授权未能写入；两者要么同时保存，要么都不保存。",
            "名称未被占用，可直接重新创建；请检查数据库所在磁盘的剩余空间以及数据库是否变为只读。"),
        provoke: "Let the database refuse new organizations and create one.",
        provokeChinese: "让数据库拒绝新增组织，然后创建组织。");

    public static readonly ErrorDefinition UpdateOrganizationFailed = Tables.Swr.Add(
        500, "5000075", "Internal server error: failed to update the organization.",
        en: new(
            "The new description or settings of the organization could not be written.",
            "Members, permissions and images are untouched; repeat the PATCH, and if creating works but changing does not, look for a " +
            "lock on that row."),
        zh: new(
            "组织的新描述或设置未能写入。",
            "成员、权限和镜像均未受影响，请重试 PATCH；如果能新建但不能修改，请检查该记录是否被锁。"),
        provoke: "Let the database refuse updates of organizations and change a description.",
        provokeChinese: "让数据库拒绝更新组织，然后修改描述。");

    public static readonly ErrorDefinition DeleteOrganizationFailed = Tables.Swr.Add(
        500, "5001049", "Internal server error: failed to delete the organization.",
        en: new(
            "The organization passed all checks but its row could not be removed, or one that a push had just created could not be " +
            "taken back.",
            "It is empty and still listed: repeat DELETE /v2/manage/namespaces/{namespace}; after a failed push look for an empty " +
            "organization that nobody meant to create."),
        zh: new(
            "组织已通过所有检查，但记录删除失败；或推送时刚自动创建的组织未能撤销。",
            "该组织为空且仍在列表中，请重新执行 DELETE /v2/manage/namespaces/{namespace}；若由推送引起，请检查是否留下了一个无人需要的" +
            "空组织。"),
        provoke: "Let the database refuse to delete organizations and delete an empty one.",
        provokeChinese: "让数据库拒绝删除组织，然后删除一个空组织。");

    public static readonly ErrorDefinition InvalidOrganizationPermission = Tables.Swr.Add(
        400, "4001065", "Invalid organization permission.",
        en: new(
            "The auth of an organization grant is not one of the three numbers that exist.",
            "Use 7 for manage, 3 for edit or 1 for read, as a JSON number."),
        zh: new(
            "组织授权中的 auth 不是允许的三个数值之一。",
            "请使用 JSON 数字：7 表示管理，3 表示编辑，1 表示只读。"),
        provoke: "Grant a user auth 5 on an organization.",
        provokeChinese: "在组织中给用户授予 auth 5。");

    public static readonly ErrorDefinition OrganizationPermissionExists = Tables.Swr.Add(
        409, "4090076", "The organization permission already exists.",
        en: new(
            "At least one of the listed users already has a grant on the organization; the whole list was refused and nobody was " +
            "granted anything.",
            "Read GET …/namespaces/{namespace}/access, leave out those who are there, and change their level with PATCH instead of " +
            "POST."),
        zh: new(
            "列表中至少有一个用户在该组织已有授权；整个列表被拒绝，没有任何用户被授权。",
            "请读取 GET …/namespaces/{namespace}/access，去掉已有授权的用户；要改变级别请用 PATCH 而不是 POST。"),
        provoke: "Grant the same user twice.",
        provokeChinese: "给同一用户授权两次。");

    public static readonly ErrorDefinition OrganizationPermissionNotFound = Tables.Swr.Add(
        404, "4040078", "The organization permission does not exist.",
        en: new(
            "A grant was to be changed or revoked that at least one of the named users does not have on this organization.",
            "Account administrators and creators need no grant and so have none to revoke; compare the user ids with GET " +
            "…/namespaces/{namespace}/access, and use POST for new users."),
        zh: new(
            "要修改或撤销的授权不存在：至少有一个用户在该组织没有授权记录。",
            "账号管理员和创建者不需要授权，也就没有可撤销的记录；请与 GET …/namespaces/{namespace}/access 核对用户 ID，新用户请用 " +
            "POST。"),
        provoke: "Revoke the access of a user who was never granted any.",
        provokeChinese: "撤销一个从未被授权的用户的权限。");

    public static readonly ErrorDefinition GetOrganizationPermissionFailed = Tables.Swr.Add(
        500, "5000077", "Internal server error: failed to get the organization permission.",
        en: new(
            "The grants on organizations could not be read, so nobody can be told apart from anybody and the call was refused.",
            "Expect every call that checks a permission to fail until the database reads again; there is no need to grant anything " +
            "anew."),
        zh: new(
            "组织授权无法读取，因而无法判断权限，请求被拒绝。",
            "在数据库恢复读取之前，所有需要检查权限的接口都会失败；恢复后无需重新授权。"),
        provoke: "Make the table of organization grants unreadable and push as a user who is no administrator.",
        provokeChinese: "使组织授权表不可读，然后以非管理员用户推送。");

    public static readonly ErrorDefinition UpdateOrganizationPermissionFailed = Tables.Swr.Add(
        500, "5000079", "Internal server error: failed to update the organization permission.",
        en: new(
            "The new level of one or more users could not be written; the list is applied as a whole, so all keep their old level.",
            "Repeat the PATCH with the same list, and verify with GET on the same path before you rely on a lowered permission."),
        zh: new(
            "一个或多个用户的新权限未能写入；列表整体生效，因此所有用户保持原有权限。",
            "请用同样的列表重试 PATCH；如果是降低权限，请先用同一路径的 GET 确认生效。"),
        provoke: "Let the database refuse updates of organization grants and change one.",
        provokeChinese: "让数据库拒绝更新组织授权，然后修改一个授权。");

    public static readonly ErrorDefinition CreateOrganizationPermissionFailed = Tables.Swr.Add(
        500, "5000080", "Internal server error: failed to create the organization permission.",
        en: new(
            "The users and levels were accepted but could not be written; none of the listed users has access yet.",
            "Repeat the POST with the whole list; getting 4090076 then means that the first attempt had gone through after all."),
        zh: new(
            "用户和级别均已通过检查，但未能写入；列表中的用户都还没有获得权限。",
            "请用完整列表重试 POST；若返回 4090076，则说明前一次其实已经成功。"),
        provoke: "Let the database refuse new organization grants and add one.",
        provokeChinese: "让数据库拒绝新增组织授权，然后添加一个授权。");

    public static readonly ErrorDefinition DeleteOrganizationPermissionFailed = Tables.Swr.Add(
        500, "5000081", "Internal server error: failed to delete the organization permission.",
        en: new(
            "Revoking failed while the grants were being removed: the users can still do what they could before.",
            "Treat the access as not revoked and repeat the DELETE; if it is urgent, disable the user in IAM meanwhile."),
        zh: new(
            "撤销授权时删除记录失败：这些用户仍拥有原来的权限。",
            "请视为尚未撤销并重试 DELETE；情况紧急时可先在 IAM 中停用该用户。"),
        provoke: "Let the database refuse to delete organization grants and revoke one.",
        provokeChinese: "让数据库拒绝删除组织授权，然后撤销一个授权。");
}
