"use strict";
/* the page as it was made: a browser's own way of saving may have left in it what was entered */
const SOURCE=(()=>{const page=document.documentElement.cloneNode(true);for(const x of page.querySelectorAll("[checked]"))x.toggleAttribute("checked",x.value==="only_me");
  for(const x of page.querySelectorAll("[name^='score:']"))x.removeAttribute("value");page.querySelector("[value=only_me]").setAttribute("checked","");
  for(const x of page.querySelectorAll("output,#course,#rev1,#rev2,#raw,.msg[role=status]"))x.replaceChildren();return page.outerHTML})();
const R=JSON.parse(document.getElementById("roster").textContent),$=(s,e=document)=>e.querySelector(s),$$=(s,e=document)=>[...e.querySelectorAll(s)];
const FORMAT=R.format,PRIVATE=R.private,named=n=>[...document.getElementsByName(n)];
const el=(tag,att={},...kids)=>{const n=document.createElement(tag);for(const[k,v]of Object.entries(att))v===true?n.setAttribute(k,""):v!==false&&v!=null&&n.setAttribute(k,v);n.append(...kids);return n};
const band=(k,v)=>R.bands[k].find(b=>v>=b[0]&&v<=b[1])[2],rowOf=c=>$$("#list>li").find(x=>x.dataset.id===c.id);

/* a damaged file is told by its checksum: CRC-32 of its entries as JSON without blanks, in UTF-8 */
function crc(text){let c=~0;for(const b of new TextEncoder().encode(text)){c^=b;for(let i=0;i<8;i++)c=c>>>1^(c&1?0xEDB88320:0)}return(~c>>>0).toString(16).padStart(8,"0")}
const sealed=f=>({...f,checksum:crc(JSON.stringify(f))});
function sound(f){const{checksum,...rest}=f;return crc(JSON.stringify(rest))===checksum}

/* what has been entered */
const val=n=>{const x=named(n).find(y=>y.checked);return x&&x.value!==""?x.value:null},num=n=>{const v=val(n);return v===null?null:+v},on=n=>named(n)[0].checked,whole=v=>v===""?null:+v;
const answered=()=>{const out=[],add=(instrument,item,v)=>v!==null&&out.push({instrument,item,response:v});
  add("activation","total",num("activation"));add("team_safety","total",num("item:team_safety:total"));
  for(const q of R.questionnaires){for(const i of q.items)add(q.name,i,num(`item:${q.name}:${i}`));for(const s of q.scores){const x=named(`score:${q.name}:${s}`)[0];if(x.value!==""&&x.validity.valid)add(q.name,s,+x.value)}}return out};
const supportsOf=()=>$$("#sup>.hr").map((n,i)=>{const added=n.classList.contains("newsup"),x=$("input[type=radio]:checked",n),v=x?x.value:null,min=added?whole($(".smin",n).value):whole(n.dataset.minutes),took=$(".stook",n);
  return{date:added?$(".sday",n).value:n.dataset.date,kind:added?$(".skind",n).value:n.dataset.kind,planned_minutes:min,done_minutes:v===null?null:v==="done"?took?whole(took.value):min:0,cancelled_by:v&&v!=="done"?v:null}}).filter(s=>s.date);
const goalsOf=()=>{const seen=new Set();return $$("#goals>.goal").map(g=>({goal:g.dataset.goal||$(".gname",g).value.trim(),kind:g.dataset.kind,planned_times:whole($(".planned",g).value),done_times:whole($(".gdone",g).value),barrier:$(".barrier",g).value||null})).filter(g=>g.goal&&!seen.has(g.goal)&&seen.add(g.goal))};
const head=format=>({format,version:R.version,...(R.practice?{practice:R.practice}:{}),clinician_id:R.clinician_id,month:R.month});
function practiceFile(){const who=val("shares"),f={...head(FORMAT),
  clients:R.clients.map(c=>{const skipped=on("skip:"+c.id);if(skipped)return{client_id:c.id,skipped};
    return{client_id:c.id,skipped,effort:num("effort:"+c.id),engagement:num("engagement:"+c.id),stage_of_change:val("stage:"+c.id),interventions:named("used:"+c.id).filter(x=>x.checked).map(x=>x.value),crisis:on("crisis:"+c.id)||null,access_barrier:on("barrier:"+c.id)||null}}),
  supports:supportsOf(),selfcare_plan:goalsOf()};
  if(who!=="only_me"){f.visible_to=who;f.surveys=answered()}if(on("take_back"))f.take_back=true;return sealed(f)}
const privateFile=()=>sealed({...head(PRIVATE),surveys:answered()});
const rated=()=>R.clients.map(c=>on("skip:"+c.id)?2:(num("effort:"+c.id)!==null)+(num("engagement:"+c.id)!==null));
let dirty=false;
/* a support that took place counts by its minutes: where none were planned they are asked for */
const minutesAsked=()=>{for(const n of $$("#sup>.hr")){const x=$(".stook,.smin",n),day=$(".sday",n),done=$("input[value=done]",n).checked&&(!day||day.value!=="");if(!x)continue;x.required=done;if(x.matches(".stook"))x.closest("label").hidden=!done}};
function refresh(){minutesAsked();
  for(const s of $$(".seg")){const x=$("input:checked",s),f=s.closest("fieldset");$("output",f).textContent=x?x.value+": "+band(s.dataset.kind,+x.value):"";$(".read",f).hidden=!x;$(".anch",f).hidden=!!x}
  const r=rated(),n=r.filter(x=>x===2).length;R.clients.forEach((c,i)=>{const li=rowOf(c),sk=on("skip:"+c.id);li.classList.toggle("skipped",sk);li.classList.toggle("full",!sk&&r[i]===2)});
  for(const b of $$(".same"))b.setAttribute("aria-pressed",usedOf(b).every(x=>x.checked));
  $("#pbar").value=r.reduce((a,b)=>a+b,0);$("#pn").textContent=n+" of "+r.length+" clients";$("#ps").textContent=dirty?"Not saved yet":"Nothing entered yet";$("#next").hidden=n===r.length}
const changed=()=>{dirty=true;refresh();$("#saved").textContent=""};
document.addEventListener("change",e=>{if(e.target.id!=="resume")changed()});
document.addEventListener("input",e=>{if(e.target.matches("input[type=text],input[type=number]"))changed()});
addEventListener("beforeunload",e=>{if(dirty)e.preventDefault()});

/* what was used last month, by one tap */
function usedOf(b){const id=b.closest("li").dataset.id,terms=b.dataset.used.split(" ");return named("used:"+id).filter(x=>terms.includes(x.value))}
document.addEventListener("click",e=>{const b=e.target.closest(".same");if(!b)return;const all=usedOf(b),to=!all.every(x=>x.checked);all.forEach(x=>x.checked=to);changed()});

/* rows that are added */
let added=0;
function newRow(where,what){const n=$(what).content.firstElementChild.cloneNode(true);$$("[name='support:new']",n).forEach(x=>x.name="support:new:"+added);added++;$(where).append(n);return n}
$("#addgoal").onclick=()=>$("input",newRow("#goals","#newgoal")).focus();$("#addsupport").onclick=()=>$("input",newRow("#sup","#newsupport")).focus();

/* keyboard: a digit rates, Enter goes on; 1 and then 0 make 10 */
const scales=()=>$$("#form .seg").filter(s=>s.offsetParent);
function go(s){if(!s)return;const x=$("input:checked",s)||$("input",s);x.focus({preventScroll:true});(s.closest("li")||s).scrollIntoView({block:"nearest"});const b=s.getBoundingClientRect(),d=$("#dock").getBoundingClientRect().top;if(b.bottom>d-24)scrollBy(0,b.bottom-d+60)}
let last={t:0};
document.addEventListener("keydown",e=>{const s=e.target.closest&&e.target.closest(".seg");if(!s||e.ctrlKey||e.metaKey||e.altKey)return;
  const set=v=>{const x=$(`input[value="${v}"]`,s);x.checked=true;x.focus();x.dispatchEvent(new Event("change",{bubbles:true}))};
  if(/^[0-9]$/.test(e.key)){e.preventDefault();const ten=e.key==="0"&&last.s===s&&last.k==="1"&&e.timeStamp-last.t<1500;set(ten?10:+e.key);last={s,k:e.key,t:e.timeStamp}}
  else if(e.key==="Enter"){e.preventDefault();const all=scales(),i=all.indexOf(s)+(e.shiftKey?-1:1);if(all[i])go(all[i]);else $("#review").focus()}
  else if(e.key==="Delete"||e.key==="Backspace"){e.preventDefault();$$("input",s).forEach(x=>x.checked=false);changed()}});
document.addEventListener("click",e=>{const b=e.target.closest(".clr");if(!b)return;$$(".seg input",b.closest("fieldset")).forEach(x=>x.checked=false);changed()});
const firstBlank=()=>scales().find(s=>s.closest("#list")&&!$("input:checked",s));
$("#start").onclick=()=>go(firstBlank()||scales()[0]);$("#next").onclick=()=>go(firstBlank());

/* review */
const blank=()=>el("span",{class:"blank"},"left blank"),words=(k,v)=>v==null?blank():v+": "+band(k,v);
function table(head,rows){return el("table",{},el("thead",{},el("tr",{},...head.map(h=>el("th",{scope:"col"},h)))),el("tbody",{},...rows.map(r=>el("tr",{},...r.map((c,i)=>i?el("td",{"data-l":head[i]},el("span",{},c)):el("th",{scope:"row"},c))))))}
const nameOf=i=>R.titles[i]||i;
function review(){const f=practiceFile(),p=answered(),who=val("shares"),r=rated(),n=r.filter(x=>x===2).length;
  $("#revlead").textContent=(n===r.length?"Everything is there.":n+" of "+r.length+" clients are done. The rest can stay blank.")+" Nothing is saved until you press the button.";
  $("#rev1").replaceChildren(table(["Client","Your effort","Their engagement","Change","Also"],f.clients.map((c,i)=>{const nm=R.clients[i].name;if(c.skipped)return[nm,"skipped","","",""];
    const also=[c.crisis&&"crisis",c.access_barrier&&"hard to get here",c.interventions.length&&c.interventions.length+(c.interventions.length===1?" thing used":" things used")].filter(Boolean).join(", ");
    return[nm,words("effort",c.effort),words("engagement",c.engagement),c.stage_of_change?R.stages[c.stage_of_change]:R.clients[i].stage||blank(),also]})),
   el("h3",{class:"after"},"Support and your own plan"),el("ul",{},...f.supports.map(s=>el("li",{},R.supports[s.kind]+", "+s.date+": ",s.done_minutes===null?blank():R.outcomes[s.cancelled_by||"done"].toLowerCase())),...f.selfcare_plan.map(g=>el("li",{},g.goal+": ",g.done_times===null?blank():g.done_times+" of "+(g.planned_times??"?")+" times"+(g.barrier&&g.barrier!=="none"?", "+R.barriers[g.barrier].toLowerCase():"")))));
  $("#h-priv").textContent=who==="only_me"?"About you: stays with you":who==="own_page"?"About you: shows on your own page only":"About you: your supervisor will see it too";
  const one=i=>{const x=p.find(y=>y.instrument===i);return x?x.response:null},count=q=>p.filter(x=>x.instrument===q.name).length;
  $("#rev2").replaceChildren(el("ul",{},el("li",{},"Something of your own: ",words("activation",one("activation"))),el("li",{},"Your team: ",words("safety",one("team_safety"))),...R.questionnaires.map(q=>el("li",{},q.title+": ",count(q)?count(q)+" answered":blank()))),
    el("p",{class:"small mut"},who==="only_me"?"Not in the practice’s file. “Save my private part” makes a second file for you to keep.":"Part of the practice’s file, because you chose so."),...(on("take_back")?[el("p",{class:"small"},"What you shared before is taken back.")]:[]));
  $("#save-private").hidden=$("#save-private-page").hidden=!privateLeft();$("#raw").textContent=text(f);$("#fname").textContent=name()}
const name=(x="checkin")=>`${x}-${R.clinician_id.replace(/[^A-Za-z0-9_.-]+/g,"_").slice(0,100)}-${R.month}.json`,text=f=>JSON.stringify(f,null,1)+"\n";
function show(rev){$("#form").hidden=rev;$("#overview").hidden=!rev;$("#dock").hidden=rev;scrollTo(0,0);(rev?$("#h-rev"):$("#review")).focus()}
const unfit=()=>$$("#form input:not([type=radio]):not([type=checkbox]):not([type=file])").find(x=>!x.validity.valid);
$("#review").onclick=()=>{const x=unfit();if(x){const d=x.closest("details");if(d)d.open=true;x.reportValidity();return}review();show(true)};$("#back").onclick=()=>{show(false);for(const x of ["#rev1","#rev2","#raw"])$(x).replaceChildren()};
function download(content,file,type="application/json"){const u=URL.createObjectURL(new Blob([content],{type})),a=el("a",{href:u,download:file});document.body.append(a);a.click();a.remove();setTimeout(()=>URL.revokeObjectURL(u),2000)}
$("#save").onclick=()=>{download(text(practiceFile()),name());const more=!$("#save-private").hidden;dirty=more;$("#saved").textContent="Your browser puts "+name()+" into its downloads folder. Check that it is there, then move it to the practice’s folder “checkins”."+(more?" Your private part is a second file: save it too if you want to keep it.":" You can close this page after that.")+" To change something later, open this page again and choose “Continue a saved check-in”."};
$("#save-private").onclick=()=>{download(text(privateFile()),name("private"));dirty=false;$("#saved").textContent="Your browser puts "+name("private")+" into its downloads folder. Keep it somewhere only you can open. Next month’s form can read it, and shows you your own course."};
$("#print").onclick=()=>print();

/* the page with its answers, to go on with: the private part is in it only where it is asked for, or shared anyway */
const HOLDS=/(<script type="application\/json" id="answers">)[^<]*(?=<\/script>)/,privateLeft=()=>val("shares")==="only_me"&&answered().length>0;
const pageWith=files=>"<!doctype html>\n"+SOURCE.replace(HOLDS,(_,start)=>start+JSON.stringify(files).replace(/</g,"\\u003c"))+"\n";
function savePage(mine){const own=mine&&privateLeft(),file=name(own?"private":"page").replace(/json$/,"html");download(pageWith(own?[practiceFile(),privateFile()]:[practiceFile()]),file,"text/html");
  dirty=!own&&privateLeft();$($("#overview").hidden?"#msg":"#saved").textContent="Your browser puts "+file+" into its downloads folder. Open it to go on. "+(own?"Your private part is in it: keep it somewhere only you can open. ":dirty?"Your private part is not in it. ":"")+"The practice gets the file from “Save my check-in”."}
$("#save-page").onclick=()=>savePage(false);$("#save-private-page").onclick=()=>savePage(true);
document.addEventListener("keydown",e=>{if((e.ctrlKey||e.metaKey)&&!e.altKey&&!e.shiftKey&&e.key.toLowerCase()==="s"){e.preventDefault();savePage(false)}});

/* continue from saved files; private parts of earlier months show their clinician the own course */
const check=(n,v)=>{const x=named(n).find(y=>y.value===String(v));if(x)x.checked=true},course=new Map();
function restore(f){if(!f||(f.format!==FORMAT&&f.format!==PRIVATE))throw"This is not a check-in file.";if(!sound(f))throw"This file is damaged.";
  if(f.clinician_id!==R.clinician_id||(f.practice||"")!==(R.practice||""))throw"This file is somebody else’s.";
  const own=(f.surveys||[]).find(s=>s.instrument==="activation");
  if(f.month!==R.month){if(f.month>R.month||!own)throw"This file is for "+f.month+". This page is for "+R.month+".";course.set(f.month,own.response);return drawCourse()}
  for(const c of f.clients||[]){if(!R.clients.some(x=>x.id===c.client_id))continue;const i=c.client_id;named("skip:"+i)[0].checked=!!c.skipped;if(c.skipped)continue;
    if(c.effort!=null)check("effort:"+i,c.effort);if(c.engagement!=null)check("engagement:"+i,c.engagement);if(c.stage_of_change){check("stage:"+i,c.stage_of_change);const d=$(".st0",rowOf({id:i}));if(d)d.open=true}
    (c.interventions||[]).forEach(v=>check("used:"+i,v));named("crisis:"+i)[0].checked=!!c.crisis;named("barrier:"+i)[0].checked=!!c.access_barrier}
  const rows=$$("#sup>.hr"),taken=new Set();
  for(const s of f.supports||[]){let n=rows.find(x=>!taken.has(x)&&x.dataset.date===s.date&&x.dataset.kind===s.kind);if(!n){n=newRow("#sup","#newsupport");$(".sday",n).value=s.date;$(".skind",n).value=s.kind;$(".smin",n).value=s.planned_minutes??""}taken.add(n);
    if(s.done_minutes!=null){const x=$$("input[type=radio]",n).find(y=>y.value===(s.cancelled_by||"done"));if(x)x.checked=true;const took=$(".stook",n);if(took&&!s.cancelled_by)took.value=s.done_minutes}}
  for(const g of f.selfcare_plan||[]){let n=$$("#goals>.goal").find(x=>x.dataset.goal===g.goal);if(!n){n=newRow("#goals","#newgoal");$(".gname",n).value=g.goal}$(".planned",n).value=g.planned_times??"";$(".gdone",n).value=g.done_times??"";$(".barrier",n).value=g.barrier||""}
  if(f.visible_to)check("shares",f.visible_to);if(f.take_back)named("take_back")[0].checked=true;
  for(const s of f.surveys||[]){if(s.instrument==="activation")check("activation",s.response);else{const q=named(`score:${s.instrument}:${s.item}`)[0];if(q)q.value=s.response;else check(`item:${s.instrument}:${s.item}`,s.response)}}}
function drawCourse(){const rows=[...course].sort().map(([m,v])=>[m,v+": "+band("activation",v)]);$("#course").hidden=!rows.length;$("#course").replaceChildren(el("p",{class:"small"},"Your own course, from the private files that you opened. It is shown here only."),table(["Month","Something of your own"],rows))}
$("#resume").onchange=async e=>{const said=[];for(const file of e.target.files){try{restore(JSON.parse(await file.text()));said.push("Read: "+file.name+".")}catch(x){said.push(file.name+": "+(typeof x==="string"?x:"This file could not be read."))}}e.target.value="";dirty=false;refresh();$("#ps").textContent="As in your saved file";$("#msg").textContent=said.join(" ")};
const kept=$("#answers").textContent.trim();if(kept){let said="These are your saved answers.";try{JSON.parse(kept).forEach(restore)}catch(x){said=typeof x==="string"?x:"The answers in this page could not be read."}$("#msg").textContent=said}
refresh();if(kept)$("#ps").textContent="As in your saved page";
